package mailsink

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Message is a mail as it was accepted.
type Message struct {
	From       string    `json:"from"` // of the envelope, as are the recipients
	To         []string  `json:"to"`
	Raw        []byte    `json:"-"`
	ReceivedAt time.Time `json:"receivedAt"`
	TLS        bool      `json:"tls"`            // it came encrypted
	User       string    `json:"user,omitempty"` // who it came from, with authentication

	// Unconfirmed tells that the client was not told that it was taken.
	Unconfirmed bool `json:"unconfirmed,omitempty"`

	// What Raw says, decoded. Text and HTML are the first parts of their type.
	Header  mail.Header `json:"-"`
	Subject string      `json:"subject"`
	Text    string      `json:"text,omitempty"`
	HTML    string      `json:"html,omitempty"`
	// Err tells why Raw could not be decoded to its end; nil if it could.
	Err error `json:"-"`
}

// decode fills in what Raw says.
func (m *Message) decode() {
	m.Err = m.decodeAll()
}

func (m *Message) decodeAll() error {
	msg, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return fmt.Errorf("reading the header: %w", err)
	}
	m.Header = msg.Header
	var words mime.WordDecoder
	if m.Subject, err = words.DecodeHeader(msg.Header.Get("Subject")); err != nil {
		return fmt.Errorf("decoding the subject: %w", err)
	}
	return m.decodePart(msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), msg.Body)
}

// decodePart reads a body or a part of one, and the parts in it.
func (m *Message) decodePart(contentType, encoding string, body io.Reader) error {
	if contentType == "" {
		contentType = "text/plain"
	}
	typ, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return fmt.Errorf("content type %q: %w", contentType, err)
	}
	if strings.HasPrefix(typ, "multipart/") {
		return m.decodeParts(multipart.NewReader(body, params["boundary"]))
	}
	var into *string
	switch {
	case typ == "text/plain" && m.Text == "":
		into = &m.Text
	case typ == "text/html" && m.HTML == "":
		into = &m.HTML
	default:
		return nil // an attachment, or a second text
	}
	if charset := strings.ToLower(params["charset"]); charset != "" && charset != "utf-8" && charset != "us-ascii" {
		return fmt.Errorf("charset %q is not read", charset)
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	*into = strings.ReplaceAll(string(text), "\r\n", "\n")
	if err != nil {
		return fmt.Errorf("decoding %s: %w", typ, err)
	}
	return nil
}

func (m *Message) decodeParts(parts *multipart.Reader) error {
	for {
		// Raw, so that the transfer encoding is undone in one place.
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading a part: %w", err)
		}
		if err := m.decodePart(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p); err != nil {
			return err
		}
	}
}

// writeFile writes a message under a name that no other one has. A reader of the
// folder that takes *.eml never sees half of one.
func writeFile(dir string, m Message) error {
	name := m.ReceivedAt.UTC().Format("20060102T150405.000000000") + "-" + rand.Text()[:8]
	part := filepath.Join(dir, name+".part")
	if err := os.WriteFile(part, m.Raw, 0o640); err != nil {
		return err
	}
	return os.Rename(part, filepath.Join(dir, name+".eml"))
}
