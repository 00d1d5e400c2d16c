package gp

import (
	"fmt"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

// What GP tells of an order is taken at its word only where each thing is told once, by
// its name in GP's namespace.
func TestReadIsStrict(t *testing.T) {
	d := erptest.One(t, open(t, "http://127.0.0.1:9/", ""), erptest.Placed(order("1", "#1001"), 0))
	ours := fmt.Sprintf(`<FrontOfficeIntegrationId>shop-1</FrontOfficeIntegrationId><IntegrationId>%s</IntegrationId>`, marker(d.Key))
	const key = `<Key><CompanyKey><Id xmlns="http://schemas.microsoft.com/dynamics/2006/01">-1</Id></CompanyKey><Id>1001</Id></Key>`
	for name, c := range map[string]struct {
		told string
		want erpbridge.Kind // "" for found
	}{
		"as it is":                    {key + ours, ""},
		"with blanks":                 {`<Extensions><x xmlns="urn:x"/></Extensions><Key><Id> 1001 </Id></Key><FrontOfficeIntegrationId> shop-1</FrontOfficeIntegrationId><IntegrationId>` + marker(d.Key) + ` </IntegrationId>`, ""},
		"two references":              {key + ours + `<FrontOfficeIntegrationId>shop-2</FrontOfficeIntegrationId>`, erpbridge.Unknown},
		"a reference of nobody's":     {key + `<FrontOfficeIntegrationId xmlns="urn:x">shop-1</FrontOfficeIntegrationId>`, erpbridge.Unknown},
		"a reference in an extension": {`<Extensions><e><FrontOfficeIntegrationId>shop-1</FrontOfficeIntegrationId></e></Extensions>` + key, erpbridge.Missing},
		"without a number":            {ours, erpbridge.Unknown},
		"an order that says nil":      {`<Key xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>` + ours, erpbridge.Unknown},
	} {
		e := scripted(t, map[string]string{
			"GetSalesOrderByKey": fmt.Sprintf(`<GetSalesOrderByKeyResponse xmlns=%q><GetSalesOrderByKeyResult>%s</GetSalesOrderByKeyResult></GetSalesOrderByKeyResponse>`, nsGP, c.told),
		})
		if r := e.Find(t.Context(), []erpbridge.Document{d})[0]; erpbridge.KindOf(r.Err) != c.want {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
