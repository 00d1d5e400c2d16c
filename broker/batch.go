package broker

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
)

// The batch on the wire, as the package comment draws it.
const (
	batchContentType = "application/vnd.erpbridge.events"
	batchType        = "erpbridge.events.v1"

	batchMagic   = "EBEV"
	batchVersion = 1
	batchPrelude = len(batchMagic) + 1 + 2
	batchCount   = 256     // events the decoder takes
	headLimit    = 1 << 16 // bytes
)

// A head is all of a message but its body.
type head struct {
	ID          string        `json:"id"`
	Store       string        `json:"store"`
	Type        string        `json:"type"`
	Via         erpbridge.Via `json:"via"`
	Header      http.Header   `json:"header,omitempty"`
	ContentType string        `json:"content_type,omitempty"`
	ReceivedAt  time.Time     `json:"received_at"`
}

// check holds for what goes out and for what comes in, so that no batch is ever
// confirmed that cannot be read.
func (h head) check() error {
	switch {
	case h.ID == "":
		return errors.New("no id")
	case h.Store == "":
		return errors.New("no store")
	case h.Type == "":
		return errors.New("no type")
	case strings.Contains(h.ID+h.Store+h.Type+h.ContentType, "\x00"):
		return errors.New("U+0000 in a name") // no database column of text takes it
	case h.Via != erpbridge.ViaWebhook && h.Via != erpbridge.ViaPartner:
		return fmt.Errorf("unknown via %q", h.Via)
	}
	return nil
}

func encodeHead(m erpbridge.Message) ([]byte, error) {
	h := head{m.ID, m.Store, m.Type, m.Via, m.Header, m.ContentType, m.ReceivedAt}
	if err := h.check(); err != nil {
		return nil, err
	}
	b, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	if len(b) > headLimit {
		return nil, fmt.Errorf("a head of %d bytes", len(b))
	}
	return b, nil
}

// frameSize is what an event takes of a batch.
func frameSize(head, body []byte) int { return 4 + len(head) + 4 + len(body) }

// appendPrelude and appendFrame write a batch to the end of b.
func appendPrelude(b []byte, count int) []byte {
	b = append(b, batchMagic...)
	b = append(b, batchVersion)
	return binary.BigEndian.AppendUint16(b, uint16(count))
}

func appendFrame(b, head, body []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(head)))
	b = append(b, head...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	return append(b, body...)
}

// decodeBatch reads a batch strictly: either all of it is understood or none. The
// bodies are parts of b.
func decodeBatch(b []byte) ([]erpbridge.Message, error) {
	if len(b) < batchPrelude || string(b[:len(batchMagic)]) != batchMagic {
		return nil, errors.New("not a batch of events")
	}
	if v := b[len(batchMagic)]; v != batchVersion {
		return nil, fmt.Errorf("a batch of version %d, which this erpbridge does not know", v)
	}
	count := int(binary.BigEndian.Uint16(b[len(batchMagic)+1:]))
	if count == 0 || count > batchCount {
		return nil, fmt.Errorf("a batch of %d events", count)
	}
	rest := b[batchPrelude:]
	ms := make([]erpbridge.Message, 0, count)
	for i := range count {
		m, tail, err := decodeFrame(rest)
		if err != nil {
			return nil, fmt.Errorf("event %d of %d: %w", i+1, count, err)
		}
		ms, rest = append(ms, m), tail
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes after the last event", len(rest))
	}
	return ms, nil
}

func decodeFrame(b []byte) (_ erpbridge.Message, rest []byte, _ error) {
	text, b, err := cutBlock(b, headLimit)
	if err != nil {
		return erpbridge.Message{}, nil, fmt.Errorf("head: %w", err)
	}
	h, err := decodeHead(text)
	if err != nil {
		return erpbridge.Message{}, nil, fmt.Errorf("head: %w", err)
	}
	body, b, err := cutBlock(b, len(b))
	if err != nil {
		return erpbridge.Message{}, nil, fmt.Errorf("body: %w", err)
	}
	return erpbridge.Message{
		ID: h.ID, Store: h.Store, Type: h.Type, Via: h.Via,
		Header: h.Header, ContentType: h.ContentType, Body: body, ReceivedAt: h.ReceivedAt,
	}, b, nil
}

// cutBlock takes a length and as many bytes from b.
func cutBlock(b []byte, limit int) (block, rest []byte, _ error) {
	if len(b) < 4 {
		return nil, nil, io.ErrUnexpectedEOF
	}
	n := uint64(binary.BigEndian.Uint32(b))
	b = b[4:]
	if n > uint64(limit) || n > uint64(len(b)) {
		return nil, nil, fmt.Errorf("a length of %d where %d bytes follow", n, len(b))
	}
	return b[:n:n], b[n:], nil
}

func decodeHead(text []byte) (head, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var h head
	if err := d.Decode(&h); err != nil {
		return head{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return head{}, errors.New("more than one value")
	}
	return h, h.check()
}
