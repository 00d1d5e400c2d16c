package mailsink

import (
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	crlf := func(lines ...string) string { return strings.Join(lines, "\r\n") }
	for name, c := range map[string]struct {
		raw                 string
		subject, text, html string
		bad                 bool
	}{
		"plain":            {crlf("Subject: a", "", "b"), "a", "b", "", false},
		"no content type":  {crlf("X: y", "", "b"), "", "b", "", false},
		"encoded subject":  {crlf("Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= =?utf-8?b?4pyT?=", "", ""), "Grüße✓", "", "", false},
		"quoted printable": {crlf("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "", "a=C3=BC=", "b"), "", "aüb", "", false},
		"base64":           {crlf("Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: base64", "", "w7w="), "", "ü", "", false},
		"only HTML":        {crlf("Content-Type: text/html", "", "<p>"), "", "", "<p>", false},
		"alternatives in a mixture": {crlf(
			"Subject: s", `Content-Type: multipart/mixed; boundary="m"`, "", "--m",
			`Content-Type: multipart/alternative; boundary="a"`, "", "--a",
			"Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "", "t=3D1", "--a",
			"Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: base64", "", "PHA+", "--a--", "--m",
			"Content-Type: text/plain", "Content-Disposition: attachment", "", "an attachment", "--m",
			"Content-Type: application/json", "", "{}", "--m--",
		), "s", "t=1", "<p>", false},
		"no header":         {"nonsense", "", "", "", true},
		"bad subject":       {crlf("Subject: =?latin-9?q?x?=", "", "b"), "", "", "", true},
		"bad type":          {crlf("Content-Type: ;", "", "b"), "", "", "", true},
		"another charset":   {crlf("Content-Type: text/plain; charset=shift_jis", "", "b"), "", "", "", true},
		"broken base64":     {crlf("Content-Transfer-Encoding: base64", "", "w7w=*"), "", "ü", "", true},
		"an unended part":   {crlf(`Content-Type: multipart/mixed; boundary="m"`, "", "--m", "", "b"), "", "b", "", true},
		"a part of no type": {crlf(`Content-Type: multipart/mixed; boundary="m"`, "", "--m", "Content-Type: ;", "", "b", "--m--"), "", "", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			m := Message{Raw: []byte(c.raw)}
			m.decode()
			if m.Subject != c.subject || m.Text != c.text || m.HTML != c.html || (m.Err != nil) != c.bad {
				t.Fatalf("subject %q text %q html %q error %v", m.Subject, m.Text, m.HTML, m.Err)
			}
		})
	}
}
