package navws

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// company starts a simulated company; the function calls its page services.
func company(t *testing.T, conf Config) (*Server, func(service, operation, inside string) (int, string)) {
	t.Helper()
	sim, err := New(conf)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
		srv.Close()
	})
	return sim, func(service, operation, inside string) (int, string) {
		t.Helper()
		return call(t, srv.URL, service, operation, inside)
	}
}

func call(t *testing.T, base, service, operation, inside string) (int, string) {
	t.Helper()
	body := `<s:Envelope xmlns:s="` + nsSOAP + `"><s:Body><` + operation + ` xmlns="` + namespace(service) + `">` + inside + `</` + operation + `></s:Body></s:Envelope>`
	return post(t, base+"/BC/WS/CRONUS/Page/"+service, namespace(service)+":"+operation, body)
}

func post(t *testing.T, to, action, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("SOAPAction", `"`+action+`"`)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

func order(ref string) string {
	return "<SalesOrder><Sell_to_Customer_No>10</Sell_to_Customer_No><External_Document_No>" + ref + "</External_Document_No><SalesLines>" +
		"<Sales_Order_Line><Type>Item</Type><No>1</No><Quantity>3</Quantity><Unit_Price>29.99667</Unit_Price><Line_Discount_Amount>1</Line_Discount_Amount></Sales_Order_Line>" +
		"</SalesLines></SalesOrder>"
}

func find(ref string) string {
	return "<filter><Field>External_Document_No</Field><Criteria>'" + ref + "'</Criteria></filter><setSize>3</setSize>"
}

func TestOrdersAreReckonedAndFound(t *testing.T) {
	sim, do := company(t, Config{})
	status, body := do("SalesOrder", "Create", order("a-1"))
	if status != 200 || !strings.Contains(body, "<No>S-ORD000001</No>") || !strings.Contains(body, "<Line_Amount>88.99</Line_Amount>") {
		t.Fatalf("HTTP %d: %s", status, body)
	}
	if r := sim.Records("SalesOrder"); r[0].Total != "88.99" || r[0].Reference != "A-1" {
		t.Errorf("%+v", r)
	}
	if _, body := do("SalesOrder", "ReadMultiple", find("a-1")); strings.Count(body, "<SalesOrder>") != 1 {
		t.Error(body)
	}
	if _, body := do("SalesOrder", "ReadMultiple", find("b")); strings.Contains(body, "<SalesOrder>") {
		t.Error(body)
	}
	// Nothing keeps a second one from being created.
	do("SalesOrder", "Create", order("a-1"))
	if st := sim.State(); st.Duplicates != 1 || st.Orders != 2 {
		t.Errorf("%+v", st)
	}
	if !sim.Post("S-ORD000001") {
		t.Error("it is not there")
	}
	if _, body := do("PostedSalesInvoice", "ReadMultiple", find("A-1")); !strings.Contains(body, "<Order_No>S-ORD000001</Order_No>") {
		t.Error(body)
	}
}

func TestListsAreAllOrNothing(t *testing.T) {
	sim, do := company(t, Config{Items: []string{"1"}})
	bad := strings.Replace(order("b"), "<No>1</No>", "<No>2</No>", 1)
	status, body := do("SalesOrder", "CreateMultiple", "<SalesOrder_List>"+order("a")+bad+"</SalesOrder_List>")
	if status != 500 || !strings.Contains(body, "NavCSideValidateTableRelationException") || len(sim.Records("")) != 0 {
		t.Errorf("HTTP %d: %s", status, body)
	}
	if status, _ := do("SalesOrder", "CreateMultiple", "<SalesOrder_List>"+order("a")+order("c")+"</SalesOrder_List>"); status != 200 || len(sim.Records("")) != 2 {
		t.Errorf("HTTP %d", status)
	}
}

func TestRequestsAreReadStrictly(t *testing.T) {
	sim, do := company(t, Config{Customers: []string{"10"}})
	for _, c := range []struct{ page, operation, inside, want string }{
		{"SalesOrder", "Create", "<SalesOrder><External_Document_No>1</External_Document_No><Sell_to_Customer_No>10</Sell_to_Customer_No></SalesOrder>", "not expected here"},
		{"SalesOrder", "Create", "<SalesOrder><Sell_to_Customer_No>11</Sell_to_Customer_No></SalesOrder>", "cannot be found in the related table"},
		{"SalesOrder", "Create", "<SalesOrder><Sell_to_Customer_No>10</Sell_to_Customer_No><Order_Date>20.11.2026</Order_Date></SalesOrder>", "is no date"},
		{"SalesOrder", "Create", "<SalesOrder><Sell_to_Customer_No>10</Sell_to_Customer_No><Status>Closed</Status></SalesOrder>", "is no Status"},
		{"SalesOrder", "Create", "<SalesOrder></SalesOrder>", "NavTestFieldException"},
		{"SalesOrder", "Create", "", "is null"},
		{"SalesOrder", "Create", "<SalesOrder><Sell_to_Customer_No>10</Sell_to_Customer_No><External_Document_No>" + strings.Repeat("x", 36) + "</External_Document_No></SalesOrder>", "The length of the string is 36"},
		{"SalesOrder", "Create", "<SalesOrder><Sell_to_Customer_No>10</Sell_to_Customer_No><Currency_Code>EUR</Currency_Code></SalesOrder>", "Currency"},
		{"SalesOrder", "Create", strings.Replace(order("a"), "29.99667", "29,99", 1), "is no decimal"},
		{"SalesOrder", "ReadMultiple", "<filter><Field>Total</Field><Criteria>1</Criteria></filter><setSize>1</setSize>", "is not a valid value"},
		{"SalesOrder", "ReadMultiple", "<filter><Field>No</Field><Criteria>1*</Criteria></filter><setSize>1</setSize>", "NavFilterException"},
		{"SalesOrder", "ReadMultiple", "<filter><Field>No</Field><Criteria>'1</Criteria></filter><setSize>1</setSize>", "NavFilterException"},
		{"SalesOrder", "ReadMultiple", "<filter><Field>No</Field><Criteria>1</Criteria></filter>", "setSize"},
		{"SalesOrder", "Post", "", "ActionNotSupported"},
		{"PostedSalesInvoice", "Create", "", "ActionNotSupported"},
		{"Customer", "Create", "<Customer><Name>A</Name></Customer>", "No. must have a value"},
	} {
		if status, body := do(c.page, c.operation, c.inside); status != 500 || !strings.Contains(body, c.want) {
			t.Errorf("%s %s: HTTP %d: %s; want %s", c.operation, c.inside, status, body, c.want)
		}
	}
	if st := sim.State(); st.Creates != 0 || st.Faults != 16 {
		t.Errorf("%+v", st)
	}
	// What the page does not know is dropped without a word.
	if status, _ := do("SalesOrder", "Create", "<SalesOrder><Sell_to_Customer_No>10</Sell_to_Customer_No><Nonsense>1</Nonsense></SalesOrder>"); status != 200 || sim.State().DroppedFields != 1 {
		t.Errorf("HTTP %d, %+v", status, sim.State())
	}
}

func TestKeysAreGoodForOneChange(t *testing.T) {
	sim, do := company(t, Config{Language: "de-DE"})
	do("Customer", "Create", "<Customer><No>a</No><Name>A</Name></Customer>")
	if status, body := do("Customer", "Create", "<Customer><No>A</No></Customer>"); status != 500 || !strings.Contains(body, "ist bereits vorhanden") {
		t.Errorf("HTTP %d: %s", status, body)
	}
	key := func() string {
		_, body := do("Customer", "Read", "<No>A</No>")
		_, rest, _ := strings.Cut(body, "<Key>")
		k, _, _ := strings.Cut(rest, "</Key>")
		return k
	}
	first := key()
	change := func(k, name string) (int, string) {
		return do("Customer", "Update", "<Customer><Key>"+k+"</Key><Name>"+name+"</Name></Customer>")
	}
	if status, body := change(first, "B"); status != 200 || !strings.Contains(body, "<Name>B</Name>") {
		t.Errorf("HTTP %d: %s", status, body)
	}
	if status, body := change(first, "C"); status != 500 || !strings.Contains(body, "Ein anderer Benutzer hat") {
		t.Errorf("HTTP %d: %s", status, body)
	}
	if status, _ := do("Customer", "Delete", "<Key>"+first+"</Key>"); status != 500 {
		t.Errorf("HTTP %d", status)
	}
	if status, body := do("Customer", "Delete", "<Key>"+key()+"</Key>"); status != 200 || !strings.Contains(body, "<Delete_Result>true</Delete_Result>") || len(sim.Records("")) != 0 {
		t.Errorf("HTTP %d: %s", status, body)
	}
}

func TestShippedAndReleasedOrdersStay(t *testing.T) {
	sim, do := company(t, Config{})
	do("SalesOrder", "Create", order("a"))
	key := func() string { return sim.records["SalesOrder"][0].key() }
	sim.Change("SalesOrder", "S-ORD000001", map[string]string{".Quantity_Shipped": "1"})
	if status, body := do("SalesOrder", "Delete", "<Key>"+key()+"</Key>"); status != 500 || !strings.Contains(body, "shipment") {
		t.Errorf("HTTP %d: %s", status, body)
	}
	sim.Change("SalesOrder", "S-ORD000001", map[string]string{"Status": "Released"})
	if status, body := do("SalesOrder", "Update", "<SalesOrder><Key>"+key()+"</Key></SalesOrder>"); status != 500 || !strings.Contains(body, "Status must be equal to &#39;Open&#39;") {
		t.Errorf("HTTP %d: %s", status, body)
	}
}
