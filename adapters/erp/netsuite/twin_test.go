package netsuite

import (
	"net/http"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// An order that NetSuite refuses as there already may have been made by an earlier attempt
// at it, whose answer was given up while NetSuite was still working it.
func TestRefusedAsThereAlready(t *testing.T) {
	docs := translate(t, open(t, ""), placed())[1:2]
	mark := markerShape.FindString(string(docs[0].Body))
	if mark == "" {
		t.Fatal("the document has no marker")
	}
	const id = "shop-eu-order-5001"
	there := func(memo string) func(http.ResponseWriter, []byte) {
		return func(w http.ResponseWriter, _ []byte) {
			_, _ = w.Write([]byte(got(`<readResponse><c:status isSuccess="true"/><record xsi:type="sales:SalesOrder" internalId="77" externalId="` + id + `"><sales:memo>` + memo + `</sales:memo></record></readResponse>`)))
		}
	}
	for name, c := range map[string]struct {
		code   string
		lookUp func(http.ResponseWriter, []byte)
		want   erpbridge.Kind // "": delivered, as 77
	}{
		"by ourselves":            {"DUP_RCRD", there(mark), ""},
		"by somebody else":        {"DUP_RCRD", there("something else"), erpbridge.Unknown}, // a few tries: another record may have its number
		"not at all":              {"DUP_RCRD", absentAll, erpbridge.Invalid},
		"nobody can tell":         {"DUP_RCRD", faulting("unexpectedErrorFault", "UNEXPECTED_ERROR", "x"), erpbridge.Transient},
		"refused for another why": {"USER_ERROR", there(mark), erpbridge.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			e := at(t, serveBy(t, func(w http.ResponseWriter, request []byte) {
				env, err := soap.ParseEnvelope(request, "")
				if err != nil {
					t.Error(err)
					return
				}
				if env.Content.Tag == "getList" {
					c.lookUp(w, request)
					return
				}
				_, _ = w.Write([]byte(upserted(failedWith(id, detail(c.code, "This record already exists")))))
			}), "")
			r := e.Deliver(t.Context(), docs)[0]
			wantKind(t, c.want, r.Err)
			if r.Err == nil && r.Receipt.Ref != "77" {
				t.Errorf("%+v", r)
			}
			if (c.want == erpbridge.Invalid || c.want == erpbridge.Unknown) && !strings.Contains(r.Err.Error(), "already exists") {
				t.Errorf("what NetSuite said is lost: %v", r.Err)
			}
		})
	}
}
