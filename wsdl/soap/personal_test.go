package soap

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPersonal(t *testing.T) {
	root, err := Parse([]byte(`<o><Name>Ada</Name><Street>1 Loop
Gate 2</Street><Item>PEN</Item><a><City>Ulm an der Donau</City><Name>Al</Name><Name/></a></o>`), "")
	if err != nil {
		t.Fatal(err)
	}
	got := Personal(root, "Name", "Street", "City")
	if diff := cmp.Diff([]string{"Ulm an der Donau", "1 Loop", "Gate 2", "Ada"}, got); diff != "" {
		t.Error(diff)
	}
	if said := Reason("Ada of Ulm an der Donau, PEN", got...); said != "*** of ***, PEN" {
		t.Error(said)
	}
}
