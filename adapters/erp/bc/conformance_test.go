package bc

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// italian are the settings for the order page of NAV 2016 in its Italian version, which
// shows neither an external document number nor countries.
const italian = `
reference_field: Additional_Information
po_field: ""
prices_including_vat: customer
posted_pages: []
omit_fields: [Sell_to_County, Sell_to_Country_Region_Code, Sell_to_Phone_No, Sell_to_E_Mail, Due_Date,
  Ship_to_County, Ship_to_Country_Region_Code]
mapping: {cancel: close}
close_fields: {Campaign_No: CANCELLED}
`

// hostile delivers an order without lines, or two, to a server that answers a creation so.
func hostile(t *testing.T, ids []string, answer []byte) (string, []erpbridge.Result) {
	t.Helper()
	e := open(t, serve(t, answer), "")
	e.tripper = func(next http.RoundTripper) http.RoundTripper { return &canned{next: next} }
	var docs []erpbridge.Document
	for _, id := range ids {
		m, r := e.newRecord("Create", e.conf.Pages.SalesOrder)
		r.text(e.conf.ReferenceField, id)
		body, err := r.body(m)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, erpbridge.Document{Key: "k/" + id, Target: "bc", Kind: salesOrder, Body: body})
	}
	results := (&delivering{e}).Deliver(context.Background(), docs)
	if len(results) != len(docs) {
		t.Fatalf("%d results for %d documents", len(results), len(docs))
	}
	var out []string
	for _, r := range results {
		switch {
		case r.Err != nil:
			out = append(out, string(erpbridge.KindOf(r.Err)))
		case r.Receipt.Ref == "":
			out = append(out, "delivered as nothing")
		default:
			out = append(out, r.Receipt.Ref)
		}
	}
	return strings.Join(out, " "), results
}

func serve(t *testing.T, answer []byte) string {
	t.Helper()
	return serveBy(t, func(w http.ResponseWriter, _ []byte) { _, _ = w.Write(answer) })
}

// Every hostile answer, given to the adapter as the answer to a creation: only one that
// is to be accepted delivers anything. The corpus speaks as another ERP does; each answer
// is given as it is, and in this one's words where it can be put into them.
func TestConformanceHostileAnswers(t *testing.T) {
	erptest.Corpus(t, filepath.Join(testenv.Shared(t), "corpora", "soap-hostile"), func(t *testing.T, raw []byte, demanded string) {
		delivered := false
		for _, ids := range [][]string{{"ORD-1"}, {"ORD-1", "ORD-2"}} {
			for _, data := range [][]byte{raw, inOurWords(raw, len(ids))} {
				got, results := hostile(t, ids, data)
				if !bearable(got, demanded, len(ids)) {
					t.Errorf("for %d documents: %s, demanded is %s", len(ids), got, demanded)
				}
				delivered = delivered || strings.HasPrefix(got, "101")
				for _, r := range results {
					if r.Err != nil && strings.Contains(r.Err.Error(), "hunter2") {
						t.Errorf("it tells a password: %v", r.Err)
					}
				}
			}
		}
		if strings.HasPrefix(demanded, "ACCEPT") && !strings.Contains(demanded, "-OR-") && bytes.Contains(raw, []byte(`<status isSuccess="true"></status><baseRef`)) && !delivered {
			t.Error("nothing was delivered")
		}
	})
}

var (
	theirResult = regexp.MustCompile(`<writeResponse><status isSuccess="true"></status><baseRef externalId="([^"]*)" internalId="([^"]*)" type="salesOrder"/></writeResponse>`)
	theirList   = regexp.MustCompile(`<upsertListResponse xmlns="urn:messages"><writeResponseList>(<status isSuccess="true"/>)?`)
)

// inOurWords puts an answer to an upsertList into that to a creation. What says in a flag
// that it succeeded cannot be said here.
func inOurWords(raw []byte, n int) []byte {
	open, end := `<Create_Result xmlns="`+namespaceOf("SalesOrder")+`">`, `</Create_Result>`
	if n > 1 {
		open = `<CreateMultiple_Result xmlns="` + namespaceOf("SalesOrder") + `"><SalesOrder_List>`
		end = `</SalesOrder_List></CreateMultiple_Result>`
	}
	out := theirList.ReplaceAll(raw, []byte(open))
	out = theirResult.ReplaceAll(out, []byte(`<SalesOrder><Key>k</Key><No>$2</No><External_Document_No>$1</External_Document_No></SalesOrder>`))
	return bytes.ReplaceAll(out, []byte(`</writeResponseList></upsertListResponse>`), []byte(end))
}

// bearable reports whether results can be lived with under a demand.
func bearable(got, demand string, docs int) bool {
	doubt := strings.TrimSpace(strings.Repeat("in-doubt ", docs))
	switch {
	case strings.HasPrefix(demand, "UNKNOWN-OUTCOME-FOR-MISSING"):
		// A transaction is whole: one result for two leaves both in doubt.
		return docs == 1 || got == doubt
	case strings.HasPrefix(demand, "UNKNOWN-OUTCOME"):
		return got == doubt
	case strings.Contains(demand, "ACCEPT"):
		for i, r := range strings.Fields(got) {
			if r != "in-doubt" && r != fmt.Sprint(101+i) {
				return false
			}
		}
		return true
	case strings.Contains(demand, "FAULT"):
		for _, r := range strings.Fields(got) {
			if r != "unknown" && r != "transient" && r != "refused" && r != "throttled" {
				return false
			}
		}
		return true
	}
	return got == doubt // to be rejected: the request left, and this was no answer
}

// The samples: what we send has their shape, and the fault in them is understood.
func TestConformanceSamples(t *testing.T) {
	dir := filepath.Join(testenv.Shared(t), "erp-samples", "netsuite-dynamics")
	sample := func(name string) *soap.Envelope {
		t.Helper()
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		env, err := soap.ParseEnvelope(raw, "")
		if err != nil {
			t.Fatal(err)
		}
		return env
	}
	p := genuine(t)
	for _, order := range sample("15-nav-CreateMultiple-request.COMPOSED.xml").Content.FindElements("./SalesOrder_List/SalesOrder") {
		before := childNames(order)
		if err := p.fit(order, nil); err != nil {
			t.Error(err)
		}
		if after := childNames(order); after != before {
			t.Errorf("the page's order is %s, theirs %s", after, before)
		}
	}
	look := sample("16-nav-ReadMultiple-request.public-repo.xml").Content
	if look.Tag != "ReadMultiple" || look.NamespaceURI() != namespaceOf("SalesOrder") || look.FindElement("./filter/Criteria") == nil {
		t.Errorf("a look-up is %s of %s", look.Tag, look.NamespaceURI())
	}
	f := sample("17-nav-soap-fault.UNVERIFIED.xml").Fault
	if kind, code := kindOfFault(f); kind != erpbridge.Duplicate || code != "NavCSideDuplicateKeyException" {
		t.Errorf("the fault is %s %s", kind, code)
	}
	f.Code = "a:Unknown"
	if kind, _ := kindOfFault(f); kind != erpbridge.Duplicate {
		t.Errorf("the fault's sentence is %s", kind)
	}
}

func childNames(el *etree.Element) string {
	var names []string
	for _, c := range el.ChildElements() {
		names = append(names, c.Tag)
	}
	return strings.Join(names, " ")
}

// genuine reads the WSDL of a real server.
func genuine(t *testing.T) *page {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(testenv.Shared(t), "vendor-schemas", "dynamics-nav-bc", "SalesOrder.wsdl"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := readPage("SalesOrder", raw)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// All page services of real servers are read, and what they show is what their schema
// says.
func TestConformancePages(t *testing.T) {
	dir := filepath.Join(testenv.Shared(t), "vendor-schemas", "dynamics-nav-bc")
	for service, file := range map[string]string{
		"SalesOrder": "SalesOrder.wsdl", "SalesOrderLInes": "SalesOrderLines.wsdl", "ItemCard": "ItemCard.wsdl", "Vendors": "Vendors.wsdl",
		"BOMs": "BOMs.wsdl", "ItemCategoryCard": "ItemCategoryCard.wsdl", "UnitsOfMeasure": "UnitsOfMeasure.wsdl",
	} {
		raw, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		p, err := readPage(service, raw)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if !p.has("Key") || !p.operation["ReadMultiple"] || len(p.filters) == 0 || p.filters["Key"] {
			t.Errorf("%s: %+v", file, p)
		}
	}
	p := genuine(t)
	if p.lines != "SalesLines" || p.line != "Sales_Order_Line" || len(p.lineField) != 88 || len(p.fields) != 90 {
		t.Errorf("lines %s of %s, %d and %d fields", p.lines, p.line, len(p.lineField), len(p.fields))
	}
	if p.has("External_Document_No") || filterable(p, "External_Document_No", "reference_field") == nil {
		t.Error("this page has no external document number")
	}
	if err := filterable(p, "Additional_Information", "reference_field"); err != nil {
		t.Error(err)
	}
	// Our own order of fields is the page's.
	for i, f := range p.fields[1:] {
		if a, b := place["header"][p.fields[i].name], place["header"][f.name]; a >= b && f.name != p.lines {
			t.Errorf("%s stands before %s there", p.fields[i].name, f.name)
		}
	}
	for i, f := range p.lineField[1:] {
		if place["line"][p.lineField[i].name] >= place["line"][f.name] {
			t.Errorf("%s stands before %s there", p.lineField[i].name, f.name)
		}
	}
}

// What we send is valid by the vendor's schema, document by document and message by
// message.
func TestConformanceMessages(t *testing.T) {
	p := genuine(t)
	dir := t.TempDir()
	var files []string
	keep := func(name string, raw []byte) {
		file := filepath.Join(dir, name+".xml")
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	n := 0
	e := open(t, serveBy(t, func(w http.ResponseWriter, request []byte) {
		n++
		keep(fmt.Sprintf("message%d", n), request)
		w.WriteHeader(http.StatusInternalServerError)
	}), italian)
	deletes := open(t, "http://127.0.0.1:1", strings.Replace(italian, "cancel: close", "cancel: cancel", 1))
	var orders []erpbridge.Document
	for i, o := range []*erpbridge.Order{placed(), included(), yen()} {
		docs := translate(t, e, event(o))
		keep(fmt.Sprintf("order%d", i), docs[0].Body)
		orders = append(orders, docs...)
		l, err := e.liftOne(docs[0])
		if err != nil {
			t.Fatal(err)
		}
		before := childNames(l.record)
		if err := p.fit(l.record, nil); err != nil {
			t.Error(err)
		}
		if after := childNames(l.record); before != after {
			t.Errorf("rendered as %s, the page has %s", before, after)
		}
	}
	keep("close", translate(t, e, cancel(placed()))[0].Body)
	keep("delete", translate(t, deletes, cancel(placed()))[0].Body)

	s, err := e.service("SalesOrder")
	if err != nil {
		t.Fatal(err)
	}
	s.page, s.readAt = p, e.now()
	absent := make([]erpbridge.Result, len(orders))
	run := e.lift(deliverOp, orders, absent)
	if err := e.suit(run, p); err != nil {
		t.Fatal(err)
	}
	theirs := etree.NewElement("SalesOrder")
	theirs.CreateElement("Key").CreateText("32;JAAAAA==")
	theirs.CreateElement("No").CreateText("1001")
	_ = e.create(t.Context(), s, p, run, absent)
	_ = e.create(t.Context(), s, p, run[:1], absent)
	_, _ = e.look(t.Context(), deliverOp, s, p, "Additional_Information", []string{"shop-1", "shop-2"})
	_, _ = e.read(t.Context(), deliverOp, s, "1001")
	e.complete(t.Context(), s, p, run[0], theirs, likeness{have: 1})
	e.deleteOrder(t.Context(), s, &page{service: "SalesOrder", operation: map[string]bool{"Delete": true}}, run[0], theirs)
	if n != 6 {
		t.Errorf("%d messages were sent", n)
	}
	testenv.Xmlcheck(t, "nav-salesorder", files...)
}
