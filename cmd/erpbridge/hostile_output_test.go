package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/alert"
	"github.com/hakooi/erpbridge/cmd/erpsim/mailsink"
	"github.com/hakooi/erpbridge/config"
)

// TestConformanceFreeTextOnTheTerminal: an order's name and a reason with every hostile
// value in them are one line of a listing and one object of its JSON, and steer nothing.
func TestConformanceFreeTextOnTheTerminal(t *testing.T) {
	h := newHostileHouse(t)
	texts := freeTexts(t)
	var decisions []erpbridge.Decision
	for i, v := range texts {
		decisions = append(decisions, erpbridge.Decision{
			Message: hostileMessage(i, []byte("{}")), Verdict: erpbridge.Bury, Stream: "order/" + v.text, Order: v.text,
			Cause: &erpbridge.Error{Kind: erpbridge.Invalid, Code: "X", Err: errors.New(v.text)},
		})
	}
	if err := h.store.Record(t.Context(), decisions); err != nil {
		t.Fatal(err)
	}
	command := func(args ...string) string {
		t.Helper()
		var out, stderr bytes.Buffer
		if code := execute(t.Context(), append(args, "--config", h.config), &out, &stderr); code != exitOK {
			t.Fatalf("%v: exit code %d: %s", args, code, &stderr)
		}
		return out.String()
	}

	var listed []struct {
		ID    int64
		Order string
	}
	asJSON := command("dead", "list", "--output", "json")
	if err := json.Unmarshal([]byte(asJSON), &listed); err != nil {
		t.Fatal(err)
	}
	if len(listed) != len(texts) {
		t.Fatalf("%d dead letters of %d", len(listed), len(texts))
	}
	slices.SortFunc(listed, func(a, b struct {
		ID    int64
		Order string
	},
	) int {
		return int(a.ID - b.ID)
	})
	for i, l := range listed {
		// Postgres holds no NUL and nothing that is no UTF-8, and nobody reads more than 4 KiB.
		want := strings.ReplaceAll(strings.ToValidUTF8(texts[i].text, "\uFFFD"), "\x00", "\uFFFD")
		if l.Order != want && (len(want) <= 4<<10 || !strings.HasPrefix(want, strings.TrimSuffix(l.Order, "…"))) {
			t.Errorf("%s: listed as %.60q", texts[i].name, l.Order)
		}
	}

	asText := command("dead", "list")
	if lines := strings.Count(asText, "\n"); lines != len(texts)+1 {
		t.Errorf("%d lines for %d dead letters", lines, len(texts))
	}
	harmless(t, "dead list", asText)
	for i := 0; i < len(listed); i += 20 {
		harmless(t, texts[i].name, command("dead", "show", strconv.FormatInt(listed[i].ID, 10)))
	}
}

// harmless reports what would steer a terminal.
func harmless(t *testing.T, what, text string) {
	t.Helper()
	for _, c := range text {
		if c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c)) || c == '\u2028' || c == '\u2029' {
			t.Errorf("%s: %U is written to the terminal", what, c)
		}
	}
}

// TestConformanceFreeTextInMails: whatever an order is called and a reason says, a mail
// has the headers, the receivers, the parts and the markup that it should have.
func TestConformanceFreeTextInMails(t *testing.T) {
	sink, err := mailsink.New(mailsink.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	host, port, err := net.SplitHostPort(sink.Addr())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	smtp, err := alert.NewSMTP(alert.SMTPConfig{
		Host: host, Port: number, TLS: "none", From: "erpbridge <erp@example.com>", To: []string{"orders@example.com"}, HELO: "localhost",
	})
	if err != nil {
		t.Fatal(err)
	}
	texts := freeTexts(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	source := &oneByOne{texts: texts}
	mailed := make(chan error, 1)
	mailer := &alert.Mailer{Source: source, Sender: smtp, Every: time.Nanosecond, Poll: time.Millisecond, Prefix: "[erpbridge]"}
	go func() { mailed <- mailer.Run(ctx) }()
	waiting, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	mails, err := sink.Wait(waiting, len(texts))
	if err != nil {
		t.Fatalf("%d of %d mails: %v", len(mails), len(texts), err)
	}
	cancel()
	if err := <-mailed; err != nil {
		t.Error(err)
	}
	tag := regexp.MustCompile(`<[^>]*>`)
	form := func(m mailsink.Message) string {
		var headers []string
		for name, values := range m.Header {
			headers = append(headers, fmt.Sprintf("%s×%d", name, len(values)))
		}
		slices.Sort(headers)
		parts := bytes.Count(m.Raw, []byte("\nContent-Type: "))
		return fmt.Sprintf("to %q, headers %q, %d parts, tags %q", m.To, headers, parts, tag.FindAllString(m.HTML, -1))
	}
	forms := map[bool]string{}
	for i, m := range mails {
		v := texts[i]
		if m.Err != nil {
			t.Errorf("%s: the mail cannot be read: %v", v.name, m.Err)
		}
		harmless(t, v.name, m.Subject)
		if strings.ContainsAny(m.Subject, "\r\n") {
			t.Errorf("%s: the subject is %.60q", v.name, m.Subject)
		}
		harmless(t, v.name, strings.ReplaceAll(m.Text, "\r", ""))
		visible := alertSays(v.text)
		if forms[visible] == "" {
			forms[visible] = form(m)
		} else if diff := cmp.Diff(forms[visible], form(m)); diff != "" {
			t.Errorf("%s: %.60q changes the mail:\n%s", v.name, v.text, diff)
		}
	}
}

// alertSays reports whether a mail has something to say of text.
func alertSays(text string) bool {
	return strings.TrimFunc(strings.ToValidUTF8(text, "\uFFFD"), func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }) != ""
}

// oneByOne is a source of alerts about orders that are called as the texts.
type oneByOne struct {
	texts   []freeText
	sent    int
	claimed bool
}

func (o *oneByOne) Due(context.Context, int) ([]alert.Alert, error) {
	if o.claimed || o.sent == len(o.texts) {
		return nil, nil
	}
	o.claimed = true
	text := o.texts[o.sent].text
	return []alert.Alert{{
		ID: int64(o.sent + 1), Kind: alert.DeadLetter, DeadLetter: 42, Store: "shopify", Target: "netsuite", Order: text, Stream: "order/1",
		Document: "SalesOrder", Reason: text, At: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), Attempts: 1,
	}}, nil
}

func (o *oneByOne) Mailing(context.Context, []int64, string) error { return nil }

func (o *oneByOne) Sent(context.Context, []int64) error {
	o.sent, o.claimed = o.sent+1, false
	return nil
}

func (o *oneByOne) Failed(_ context.Context, _ []int64, reason string, _ time.Duration, _ bool) error {
	return errors.New(reason)
}

// TestConformanceFreeTextInTheLog: a log line is one line and one JSON object, whatever
// stands in it.
func TestConformanceFreeTextInTheLog(t *testing.T) {
	for _, v := range freeTexts(t) {
		var out bytes.Buffer
		newLog(config.Log{Level: "info", Format: "json"}, &out).Error("could not be delivered",
			zap.String("order", v.text), zap.Error(errors.New(v.text)))
		var line struct{ Order, Error, Msg string }
		if err := json.Unmarshal(out.Bytes(), &line); err != nil || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%s: %.60q is logged as %.60q: %v", v.name, v.text, &out, err)
		}
		if line.Msg != "could not be delivered" || utf8.ValidString(v.text) && (line.Order != v.text || line.Error != v.text) {
			t.Errorf("%s: %.60q is logged as %.60q", v.name, v.text, &out)
		}
	}
}

// TestConformanceFreeTextNamesNoFile: the documents that preview writes have names of
// its own, whatever the order is called.
func TestConformanceFreeTextNamesNoFile(t *testing.T) {
	name := regexp.MustCompile(`^[0-9]{2}-netsuite-[A-Za-z]+\.xml$`)
	for i, v := range freeTexts(t) {
		if !strings.HasPrefix(v.name, "path") && !strings.Contains(v.text, "../") {
			continue
		}
		around := t.TempDir()
		order := filepath.Join(around, "order.json")
		if err := os.WriteFile(order, written(t, 7_000_000+i, v.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, res := previewBy(t, netsuiteConfig, "shopify", order, "orders/create", filepath.Join(around, "in", "out")); code != exitOK {
			t.Errorf("%s: exit code %d: %s", v.name, code, res.Reason)
		}
		err := filepath.WalkDir(around, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || path == order {
				return err
			}
			if filepath.Dir(path) != filepath.Join(around, "in", "out") || !name.MatchString(d.Name()) {
				t.Errorf("%s: a file %s", v.name, path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
