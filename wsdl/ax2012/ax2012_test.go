package ax2012

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// keys returns the keys in an EntityKeyList.
func keys(t *testing.T, told string) string {
	t.Helper()
	root, err := soap.Parse([]byte(told), "")
	if err != nil {
		t.Fatal(err)
	}
	var got EntityKeyList
	if err := soap.Decode(root, &got, list, key); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, key := range got.EntityKey {
		for _, f := range key.KeyData.KeyField {
			all = append(all, fmt.Sprintf("%s=%s", f.Field, f.Value))
		}
	}
	return strings.Join(all, " ")
}

const (
	list = "http://schemas.microsoft.com/dynamics/2006/02/documents/EntityKeyList"
	key  = "http://schemas.microsoft.com/dynamics/2006/02/documents/EntityKey"
)

func TestAnswer(t *testing.T) {
	one := func(id string) string {
		return `<k:EntityKey><k:KeyData><k:KeyField><k:Field>SalesId</k:Field><k:Value>` + id + `</k:Value></k:KeyField></k:KeyData></k:EntityKey>`
	}
	open, end := `<l:EntityKeyList xmlns:l="`+list+`" xmlns:k="`+key+`">`, `</l:EntityKeyList>`
	for answer, want := range map[string]string{
		open + one("SO-1") + end:               "SalesId=SO-1",
		open + one("SO-1") + one("SO-2") + end: "SalesId=SO-1 SalesId=SO-2",
		open + end:                             "",
		open + `<k:EntityKey/>` + end:          "",
	} {
		if got := keys(t, answer); got != want {
			t.Errorf("%q from %s", got, answer)
		}
	}
}

// The answer in Microsoft's documentation has the same list, in a message of the file
// adapter.
func TestConformanceAnswer(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testenv.Shared(t), "erp-samples", "netsuite-dynamics", "11-ax2012-*.xml"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "<EntityKeyList")
	inner, _, ok := strings.Cut(rest, "</EntityKeyList>")
	if !ok {
		t.Fatal("the sample has no EntityKeyList")
	}
	if got := keys(t, "<EntityKeyList"+inner+"</EntityKeyList>"); got != "SalesId=SO-100004" {
		t.Error(got)
	}
}
