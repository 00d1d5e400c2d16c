package soap

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReason(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"plain":            {"Please enter value(s) for: Item", "Please enter value(s) for: Item"},
		"letters":          {"Müller 東京 👩‍👧", "Müller 東京 👩\\u200d👧"},
		"line break":       {"ok\n2026-01-01 INFO delivered", `ok\n2026-01-01 INFO delivered`},
		"CR LF":            {"fail\r\nBcc: x@example.org", `fail\r\nBcc: x@example.org`},
		"escape sequence":  {"a\x1b[2Jb\x00\x7f\u009b", `a\x1b[2Jb\x00\x7f\x9b`},
		"reordered":        {"abc\u202egnp.exe\u2066", `abc\u202egnp.exe\u2066`},
		"line separators":  {"a\u2028b\u2029", `a\u2028b\u2029`},
		"not UTF-8":        {"a\xffb", `a\xffb`},
		"known secret":     {"token t0k-en-value is bad", "token *** is bad"},
		"password":         {"user=bridge password=hunter2 x", "user=bridge password=*** x"},
		"quoted password":  {`{"password": "hun ter2"}`, `{"password": ***}`},
		"basic":            {"Authorization: Basic YnJpZGdlOmh1bnRlcjI=", "Authorization: ***"},
		"bearer":           {"got Bearer eyJhbGciOi.x.y back", "got Bearer *** back"},
		"element":          {"<ns:consumerKey>71cc02b7</ns:consumerKey>", "<ns:consumerKey>***</ns:consumerKey>"},
		"URL":              {"https://u:p4ss@host/x", "https://***@host/x"},
		"markup stays":     {"<script>alert(1)</script>", "<script>alert(1)</script>"},
		"the word a token": {"Invalid token in stream", "Invalid token in stream"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Reason(c.text, "", "t0k-en-value"); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestReasonIsShort(t *testing.T) {
	for _, text := range []string{strings.Repeat("ä", 4000), strings.Repeat("\n", 4000), strings.Repeat("x", 1<<10)} {
		got := Reason(text)
		if len(got) > maxReason || !utf8.ValidString(got) {
			t.Errorf("%d bytes, valid %t", len(got), utf8.ValidString(got))
		}
	}
}
