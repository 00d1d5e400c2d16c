package netsuite

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// hits is the answer to a search.
func hits(customers ...string) string {
	n := string(rune('0' + len(customers)))
	return envelopeOf(`<searchResponse xmlns="` + ns2023.messages + `" xmlns:c="` + ns2023.core + `" xmlns:rel="` + ns2023.relationships + `"><c:searchResult>` +
		`<c:status isSuccess="true"/><c:totalRecords>` + n + `</c:totalRecords><c:recordList>` + strings.Join(customers, "") + `</c:recordList></c:searchResult></searchResponse>`)
}

func holder(internalID, externalID, email string) string {
	if externalID != "" {
		externalID = ` externalId="` + externalID + `"`
	}
	return `<c:record xsi:type="rel:Customer" internalId="` + internalID + `"` + externalID + `><rel:email>` + email + `</rel:email></c:record>`
}

// A customer whom NetSuite has without an external id is given ours where one alone has the
// e-mail address, and where that is wanted; he is nobody's to guess otherwise.
func TestAdoption(t *testing.T) {
	const id, adopting = "shop-eu-customer-7001", "adopt_customers: true"
	for name, c := range map[string]struct {
		settings string
		code     string
		found    string
		want     erpbridge.Kind
		ref      string
		says     string
		asked    string
	}{
		"one":               {adopting, "DUP_ENTITY_EMAIL", hits(holder("970", "", "ADA@example.com")), "", "970", "customer 970 has the e-mail address", "getList addList getList search updateList"},
		"one, by his id":    {adopting, "UNIQUE_CUST_ID_REQD", hits(holder("970", "", "ada@example.com")), "", "970", "our external id", "getList addList getList search updateList"},
		"none":              {adopting, "DUP_ENTITY_EMAIL", hits(), erpbridge.Invalid, "", "0 active customers", "getList addList getList search"},
		"another's address": {adopting, "DUP_ENTITY_EMAIL", hits(holder("970", "", "adam@example.com")), erpbridge.Invalid, "", "0 active customers", "getList addList getList search"},
		"two":               {adopting, "DUP_ENTITY_EMAIL", hits(holder("970", "", "ada@example.com"), holder("971", "", "ada@example.com")), erpbridge.Invalid, "", "2 active customers", "getList addList getList search"},
		"taken":             {adopting, "DUP_ENTITY_EMAIL", hits(holder("970", "x-1", "ada@example.com")), erpbridge.Invalid, "", "another external id", "getList addList getList search"},
		"no answer":         {adopting, "DUP_ENTITY_EMAIL", "", erpbridge.Transient, "", "", "getList addList getList search"},
		"not to be adopted": {"adopt_customers: false", "DUP_ENTITY_EMAIL", hits(), erpbridge.Invalid, "", "xref set", "getList addList getList"},
		"another error":     {adopting, "USER_ERROR", hits(), erpbridge.Invalid, "", "USER_ERROR", "getList addList getList"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			e := at(t, serveBy(t, func(w http.ResponseWriter, request []byte) {
				env, err := soap.ParseEnvelope(request, "")
				if err != nil {
					t.Error(err)
					return
				}
				operation := env.Content.Tag
				asked = append(asked, operation)
				answer := c.found
				switch operation {
				case "getList":
					absentAll(w, request)
					return
				case addList:
					answer = strings.ReplaceAll(upserted(failedWith(id, detail(c.code, "A customer record with this name already exists."))), "upsertList", addList)
				case updateList:
					record := env.Content.SelectElement("record")
					if attr(record, "internalId") != "970" || attr(record, "externalId") != id || len(record.ChildElements()) != 0 {
						t.Errorf("wrote %v", record.Attr)
					}
					answer = strings.ReplaceAll(upserted(saved("970", id)), "upsertList", updateList)
				}
				_, _ = io.WriteString(w, answer)
			}), usual+c.settings)
			o := placed()
			customer := *o.Customer
			customer.Email, o.Customer, o.Email = "ada@example.com", &customer, "ada@example.com"
			r := e.Deliver(t.Context(), translate(t, e, o)[:1])[0]
			wantKind(t, c.want, r.Err)
			said := r.Receipt.Warning
			if r.Err != nil {
				said = r.Err.Error()
			}
			if r.Receipt.Ref != c.ref || !strings.Contains(said, c.says) {
				t.Errorf("%+v", r)
			}
			if strings.Contains(said, "@") {
				t.Errorf("an address in %q", said)
			}
			if diff := cmp.Diff(c.asked, strings.Join(asked, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
