package sapidoc

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// mostStates is how many confirmations an ALEAUD has.
const mostStates = 500

// Audit makes ALEAUD messages of everything whose status changed since the last time
// (RBDSTATE). They go with Send or WriteAudits.
func (s *System) Audit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	senders := map[string][]*IDoc{}
	var order []string
	for _, d := range s.idocs {
		if d.told || d.Status == "64" {
			continue
		}
		d.told = true
		if senders[d.Sender] == nil {
			order = append(order, d.Sender)
		}
		senders[d.Sender] = append(senders[d.Sender], d)
	}
	for _, sender := range order {
		for list := senders[sender]; len(list) > 0; list = list[min(len(list), mostStates):] {
			message := s.aleaud(sender, list[:min(len(list), mostStates)])
			s.audits.Add(message)
			if s.dice.First(mishap.Chance{Name: twice, P: s.conf.Faults.Twice}) != "" {
				s.audits.Add(message)
			}
		}
	}
}

func (s *System) aleaud(to string, about []*IDoc) string {
	var b strings.Builder
	element := func(name, value string) {
		if value != "" {
			b.WriteString("<" + name + ">" + html.EscapeString(value) + "</" + name + ">")
		}
	}
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?><ALEAUD01><IDOC BEGIN="1"><EDI_DC40 SEGMENT="1">`)
	for _, f := range [][2]string{
		{"TABNAM", "EDI_DC40"},
		{"MANDT", s.conf.Client},
		{"DOCNUM", fmt.Sprintf("%016d", 900_000+s.audits.Len())},
		{"DIRECT", "1"},
		{"IDOCTYP", "ALEAUD01"},
		{"MESTYP", "ALEAUD"},
		{"SNDPOR", "SAPS4H"},
		{"SNDPRT", "LS"},
		{"SNDPRN", s.conf.System},
		{"RCVPOR", "A000000001"},
		{"RCVPRT", "LS"},
		{"RCVPRN", to},
	} {
		element(f[0], f[1])
	}
	b.WriteString(`</EDI_DC40><E1ADHDR SEGMENT="1">`)
	element("MESTYP", about[0].Message)
	for _, d := range about {
		b.WriteString(`<E1STATE SEGMENT="1">`)
		element("DOCNUM", d.DOCNUM)
		element("STATUS", d.Status)
		if code, parameter, ok := strings.Cut(d.Why, " "); ok {
			element("STAMID", code[:2])
			element("STAMNO", code[2:])
			element("STAPA1_LNG", parameter)
		}
		if d.Status == "53" {
			b.WriteString(`<E1PRTOB SEGMENT="1">`)
			element("DOCNUM", d.Number)
			element("OBJTYPE", "BUS2032")
			element("OBJKEY", d.Order)
			b.WriteString(`</E1PRTOB>`)
		}
		b.WriteString(`</E1STATE>`)
	}
	b.WriteString(`</E1ADHDR></IDOC></ALEAUD01>`)
	return b.String()
}

// Send posts the ALEAUD messages there are. One that is not taken stays.
func (s *System) Send() error { return s.audits.Send() }

// Audits returns the ALEAUD messages there are and takes them for sent.
func (s *System) Audits() []string { return s.audits.Take() }

// WriteAudits writes the ALEAUD messages there are as files, each with its trigger after
// it unless suffix is "".
func (s *System) WriteAudits(dir, suffix string) error {
	for _, body := range s.Audits() {
		s.mu.Lock()
		s.audited++
		at := filepath.Join(dir, fmt.Sprintf("ALEAUD_%s_%06d.xml", s.conf.Client, s.audited))
		s.mu.Unlock()
		if err := os.WriteFile(at, []byte(body), 0o600); err != nil {
			return err
		}
		if suffix == "" {
			continue
		}
		if err := os.WriteFile(at+suffix, nil, 0o600); err != nil {
			return err
		}
	}
	return nil
}
