package netsuite

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// A record carries a marker in its memo or comments, made of all that its Document says.
// By it Find tells in which state a record is: two states that say the same are one.

// unmarked stands where the marker will, while that is not known.
const unmarked = "[erpbridge 0000000000000000]"

var markerShape = regexp.MustCompile(`\[erpbridge [0-9a-f]{16}\]`)

// marker is what a record carries of its Document's digest.
func marker(digest string) string { return "[erpbridge " + digest[:16] + "]" }

// seal puts the marker into a record and returns the digest it is made of: that of the
// document without it.
func (r *record) seal() (string, error) {
	blank, err := serialize(r.list)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(blank)
	digest := hex.EncodeToString(sum[:])
	for _, name := range []string{"memo", "comments"} {
		// It is the first in its field: what people wrote may look like it, and comes after.
		if el := r.el.SelectElement(name); el != nil && strings.HasPrefix(el.Text(), unmarked) {
			el.SetText(marker(digest) + strings.TrimPrefix(el.Text(), unmarked))
		}
	}
	return digest, nil
}

// markerOf returns the marker at the beginning of a record that a Document has.
func (e *ERP) markerOf(s lifted) string {
	text := e.remark(s.record, s.kind)
	if at := markerShape.FindStringIndex(text); at != nil && at[0] == 0 {
		return text[:at[1]]
	}
	return ""
}
