package soap

import (
	"strings"
	"testing"

	"github.com/beevik/etree"
)

// What was written is read again as it was, whatever is in it.
func TestSerializeIsReadAgain(t *testing.T) {
	const text = "a\r\nb\tc <d> & \"e\" ]]> \u00a0ø😀"
	root := etree.NewElement("r")
	root.CreateAttr("xmlns", "urn:x")
	root.CreateAttr("a", text)
	root.CreateElement("t").CreateText(text)
	raw, err := Serialize(root)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(raw), `<?xml version="1.0" encoding="UTF-8"?>`) {
		t.Errorf("%s", raw)
	}
	again, err := Parse(raw, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := again.SelectElement("t").Text(); got != text || again.SelectAttrValue("a", "") != text || !Is(again, "urn:x", "r") {
		t.Errorf("%q of %s", got, raw)
	}
}
