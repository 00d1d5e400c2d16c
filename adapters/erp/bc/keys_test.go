package bc

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// Purchase order numbers and the like are never cut and never left out, whatever field they
// are in: the order waits for somebody.
func TestKeysThatDoNotFitAreHeld(t *testing.T) {
	for _, c := range []struct {
		name, settings, field string
		po                    string
		held                  bool
	}{
		{"as long as the field", "", "Your_Reference", strings.Repeat("9", 35), false},
		{"too long", "", "Your_Reference", strings.Repeat("9", 36), true},
		{"in a field of the merchant's", "po_field: PO_Number", "PO_Number", strings.Repeat("9", 36), true},
		{"in a field that is cut otherwise", "po_field: Sell_to_Contact", "Sell_to_Contact", strings.Repeat("9", 51), true},
		{"in a field that is left out otherwise", "po_field: Sell_to_Phone_No", "Sell_to_Phone_No", strings.Repeat("9", 31), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := open(t, "http://127.0.0.1:9", c.settings)
			o := placed()
			o.PO, o.Phone = c.po, ""
			docs, err := e.Translate(event(o))
			if c.held {
				wantKind(t, erpbridge.Held, err)
				if err == nil || !strings.Contains(err.Error(), c.field) {
					t.Errorf("%s is not in %v", c.field, err)
				}
				return
			}
			if err != nil || !strings.Contains(string(docs[0].Body), ">"+c.po+"<") {
				t.Errorf("%v: %s", err, docs)
			}
		})
	}
}

// A tax number is the customer's key to the tax office.
func TestTaxNumberThatDoesNotFitIsHeld(t *testing.T) {
	e := open(t, "http://127.0.0.1:9", "mapping: {customer: {unknown: create}}")
	o := placed()
	o.Customer.TaxID = strings.Repeat("1", 21)
	_, err := e.Translate(event(o))
	wantKind(t, erpbridge.Held, err)
}

// How long to wait may be told as a date, also by what answers in place of the WSDL.
func TestWSDLThatIsToBeReadAfterADate(t *testing.T) {
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", now.Add(90*time.Second).Format(http.TimeFormat))
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer srv.Close()
	e := open(t, srv.URL, "")
	e.now = func() time.Time { return now }
	err := e.Probe(t.Context())
	var said *erpbridge.Error
	if !errors.As(err, &said) || said.Kind != erpbridge.Throttled || said.After != 90*time.Second {
		t.Errorf("%+v", said)
	}
}
