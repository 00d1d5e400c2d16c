package ax2012

import (
	"testing"

	"github.com/hakooi/erpbridge/wsdl/soap"
)

// AX's number of an order is believed where it is the only one, told by the right names.
func TestSalesID(t *testing.T) {
	key := func(field, id string) string {
		return `<EntityKey xmlns="` + nsEntityKey + `"><KeyData><KeyField><Field>` + field + `</Field><Value>` + id + `</Value></KeyField></KeyData></EntityKey>`
	}
	list := func(keys string) string {
		return `<EntityKeyList xmlns="` + nsKeyList + `">` + keys + `</EntityKeyList>`
	}
	for name, c := range map[string]struct{ told, want string }{
		"one":                        {list(key("SalesId", " SO-1 ")), "SO-1"},
		"a key with two fields":      {list(`<EntityKey xmlns="` + nsEntityKey + `"><KeyData><KeyField><Field>DataAreaId</Field><Value>ceu</Value></KeyField><KeyField><Field>SalesId</Field><Value>SO-1</Value></KeyField></KeyData></EntityKey>`), "SO-1"},
		"in a response file":         {`<Body><MessageParts>` + list(key("SalesId", "SO-1")) + `</MessageParts></Body>`, "SO-1"},
		"none":                       {list(""), ""},
		"no list":                    {"", ""},
		"two":                        {list(key("SalesId", "SO-1") + key("SalesId", "SO-2")), ""},
		"two lists":                  {list(key("SalesId", "SO-1")) + list(""), ""},
		"of another record":          {list(key("PurchId", "PO-1")), ""},
		"without a number":           {list(key("SalesId", "")), ""},
		"a number twice in a field":  {list(key("SalesId", "SO-1</Value><Value>SO-2")), ""},
		"a list of another name":     {`<EntityKeyList xmlns="urn:x">` + key("SalesId", "SO-1") + `</EntityKeyList>`, ""},
		"keys of another name":       {list(`<EntityKey xmlns="urn:x"><KeyData><KeyField><Field>SalesId</Field><Value>SO-1</Value></KeyField></KeyData></EntityKey>`), ""},
		"a field outside of the key": {`<KeyField xmlns="` + nsEntityKey + `"><Field>SalesId</Field><Value>SO-1</Value></KeyField>`, ""},
	} {
		root, err := soap.Parse([]byte(`<Envelope>`+c.told+`</Envelope>`), "")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := salesID(root); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
