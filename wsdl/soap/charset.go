package soap

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// single are the one-byte encodings that ERPs still answer in.
var single = map[string]*charmap.Charmap{
	"iso-8859-1":   charmap.ISO8859_1,
	"iso-8859-15":  charmap.ISO8859_15,
	"windows-1252": charmap.Windows1252,
}

var declaration = regexp.MustCompile(`^<\?xml[ \t\r\n][^>]*?encoding[ \t\r\n]*=[ \t\r\n]*["']([A-Za-z][A-Za-z0-9._-]*)["']`)

// decode returns the document as UTF-8 without a byte order mark, and the
// encoding it declares, if any. It must be known before the first token: the
// token reader takes undeclared bytes for UTF-8.
func decode(data []byte, charset string) (text []byte, label string, err error) {
	text, marked := bytes.CutPrefix(data, []byte("\xEF\xBB\xBF"))
	if bytes.IndexByte(text[:min(len(text), 4)], 0) >= 0 || bytes.HasPrefix(text, []byte("\xFF\xFE")) || bytes.HasPrefix(text, []byte("\xFE\xFF")) {
		return nil, "", errors.New("UTF-16 and UTF-32 are not read")
	}
	if m := declaration.FindSubmatch(text); m != nil {
		label = string(m[1])
	}
	name := strings.ToLower(label)
	if name == "" {
		name = strings.ToLower(strings.TrimSpace(charset))
	}
	if marked && name != "" && name != "utf-8" {
		return nil, "", fmt.Errorf("a UTF-8 byte order mark before %s", clip(name))
	}
	switch name {
	case "", "utf-8", "utf8":
		if !utf8.Valid(text) {
			return nil, "", errors.New("bytes that are not UTF-8")
		}
		return text, label, nil
	case "us-ascii", "ascii":
		for _, b := range text {
			if b >= utf8.RuneSelf {
				return nil, "", errors.New("bytes that are not ASCII")
			}
		}
		return text, label, nil
	}
	cm, ok := single[name]
	if !ok {
		return nil, "", fmt.Errorf("the encoding %s is not read", clip(name))
	}
	text, err = cm.NewDecoder().Bytes(text)
	if err != nil {
		return nil, "", fmt.Errorf("decoding %s: %w", name, err)
	}
	return text, label, nil
}
