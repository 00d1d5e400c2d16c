package soap

import (
	"encoding/xml"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The shape of what gowsdl generates.
type reply struct {
	XMLName xml.Name `xml:"reply"`

	Status *status `xml:"status,omitempty"`
	Lines  []*line `xml:"line,omitempty"`
}

// The shape of a type that extends another.
type extended struct {
	*reply

	More string `xml:"more,omitempty"`
}

type status struct {
	OK string `xml:"ok,attr,omitempty"`
}

type line struct {
	ID string `xml:"id,omitempty"`
}

func TestDecode(t *testing.T) {
	root, err := Parse([]byte(`<m:reply xmlns:m="urn:m" xmlns:c="urn:c"><c:status c:ok="false" ok="true" m:ok="false"/>
		<m:line><m:id>10<!-- -->1</m:id></m:line><m:line><m:id>&lt;x/&gt;</m:id></m:line><m:new/></m:reply>`), "")
	if err != nil {
		t.Fatal(err)
	}
	var got reply
	if err := Decode(root, &got); err != nil {
		t.Fatal(err)
	}
	got.XMLName = xml.Name{}
	want := reply{Status: &status{OK: "true"}, Lines: []*line{{ID: "101"}, {ID: "<x/>"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeRefusesWhatComesTwiceInABase(t *testing.T) {
	root, err := Parse([]byte(`<reply><status/><more>x</more><status/></reply>`), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := Decode(root, new(extended)); err == nil {
		t.Error("it was read")
	}
}

func TestDecodeRefusesWhatComesTwice(t *testing.T) {
	for _, doc := range []string{
		`<reply><status ok="false"/><status ok="true"/></reply>`,
		`<reply><line><id>1</id><id>2</id></line></reply>`,
	} {
		root, err := Parse([]byte(doc), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := Decode(root, new(reply)); err == nil {
			t.Errorf("%s was read", doc)
		}
	}
}

// What has a name of ours in somebody else's namespace is not ours.
func TestDecodeReadsNamespaces(t *testing.T) {
	for doc, taken := range map[string]bool{
		`<m:reply xmlns:m="urn:m" xmlns:n="urn:n"><n:line><m:id>1</m:id></n:line></m:reply>`:                 true,
		`<m:reply xmlns:m="urn:m" xmlns:x="urn:x"><m:line><m:id>1</m:id></m:line><x:new>2</x:new></m:reply>`: true,
		`<m:reply xmlns:m="urn:m" xmlns:x="urn:x"><m:line><x:id>1</x:id></m:line></m:reply>`:                 false,
		`<m:reply xmlns:m="urn:m"><line xmlns=""/></m:reply>`:                                                false,
		`<reply><line xmlns="urn:m"/></reply>`:                                                               false,
	} {
		root, err := Parse([]byte(doc), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := Decode(root, new(reply), "urn:m", "urn:n"); (err == nil) != taken {
			t.Errorf("%s: %v", doc, err)
		}
	}
}
