package adapters

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
)

// known are, by kind, what the ERP knows a record by, in the documents that make it, change
// it or cancel it: two documents with the same meet in one record.
var known = map[string]string{
	"netsuite": `externalId="([^"]+)"`,
	"sap-idoc": `<DOCNUM>([^<]+)|<ARCKEY>([^<]+)|<QUALF>001</QUALF><BELNR>([^<]+)`,
	"sap-s4":   `<MessageHeader><ID>([^<]+)|<PurchaseOrderID>([^<]+)`,
	"bc":       `<External_Document_No>([^<]+)|<Criteria>([^<]+)`,
	"ax2012":   `<CustomerRef>([^<]+)`,
	"fo":       `<SALESORDERNUMBER>([^<]+)|<CUSTOMERSORDERREFERENCE>([^<]+)|<INVENTORYLOTID>([^<]+)`,
	"gp":       `<(?:salesOrder><Key|key|SalesDocumentKey)><Id>([^<]+)|<FrontOfficeIntegrationId>([^<]+)|<IntegrationId>(erpbridge[^<]+)`,
}

// numbered are the kinds of ERP that know an order by its number: there each store needs a
// prefix for it.
var numbered = []string{"fo", "gp"}

// Two stores with an order of the same id and number, of the same second, never come to one
// record of an ERP, nor to one idempotency key, and they do not wait for each other.
func TestTwoStoresNeverMeet(t *testing.T) {
	const numbers = `stores: {one: {number: {prefix: A}}, two: {number: {prefix: B}}}`
	const prefixes = `stores: {one: {reference_prefix: P-, number: {prefix: A}}, two: {reference_prefix: Q-, number: {prefix: B}}}`
	for kind := range ERPs {
		pattern, ok := known[kind]
		if !ok {
			t.Errorf("nobody said what %s knows a record by", kind)
			continue
		}
		settings := map[string]string{"prefixes of their own": prefixes, "their names": ""}
		if slices.Contains(numbered, kind) {
			settings["their names"] = numbers
		}
		for name, rules := range settings {
			t.Run(kind+", "+name, func(t *testing.T) {
				erp := opened(t, kind, rules)
				one, two := marks(t, erp, pattern, "one"), marks(t, erp, pattern, "two")
				for mark := range one {
					if two[mark] {
						t.Errorf("both stores have %s", mark)
					}
				}
			})
		}
	}
}

// marks returns what the documents of a store's events are known by, to us and to the ERP.
// No ERP is trusted to tell capitals from small letters.
func marks(t *testing.T, erp erpbridge.ERP, pattern, store string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for i, ev := range sameOrder(store) {
		docs, err := erp.Translate(ev)
		if i > 0 && erpbridge.KindOf(err) == erpbridge.Held {
			continue // what an ERP is not told is booked by hand
		}
		if err != nil || len(docs) == 0 {
			t.Fatalf("%s: %d documents, %v", ev.Type, len(docs), err)
		}
		for _, d := range docs {
			found := 0
			for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(d.Body), -1) {
				all["in the ERP "+strings.ToUpper(strings.Join(m[1:], ""))] = true
				found++
			}
			if found == 0 {
				t.Errorf("%s is known by nothing: %s", d.Key, d.Body)
			}
			all["the key "+d.Key], all["the stream "+d.Stream] = true, true
			if d.Record != "" {
				all["the record "+d.Record] = true
			}
		}
	}
	return all
}

// Stores that one prefix for a whole target would bring together are refused, by the name of
// the setting; without it they are apart.
func TestStoresThatWouldMeetAreRefused(t *testing.T) {
	type distinct interface{ Distinct(stores []string) error }
	for kind := range ERPs {
		erp, ok := opened(t, kind, "reference_prefix: P-").(distinct)
		if !ok {
			t.Errorf("%s cannot be asked", kind)
			continue
		}
		if err := erp.Distinct([]string{"one", "two"}); err == nil || !strings.HasPrefix(err.Error(), "mapping.reference_prefix: ") {
			t.Errorf("%s: one prefix for two stores: %v", kind, err)
		}
		if err := erp.Distinct([]string{"one"}); err != nil {
			t.Errorf("%s: one store: %v", kind, err)
		}
		erp = opened(t, kind, "").(distinct)
		if err := erp.Distinct([]string{"one", "two"}); (err != nil) != slices.Contains(numbered, kind) {
			t.Errorf("%s: two stores by their names: %v", kind, err)
		}
	}
}

// opened returns an ERP of a kind, with rules in its mapping.
func opened(t *testing.T, kind, rules string) erpbridge.ERP {
	t.Helper()
	settings := strings.ReplaceAll(overHTTP[kind], "URL", "https://127.0.0.1:9/erp")
	if rules != "" && strings.Contains(settings, "mapping: {") {
		settings = strings.Replace(settings, "mapping: {", "mapping: {"+rules+", ", 1)
	} else if rules != "" {
		settings = strings.Replace(settings, "{", "{mapping: {"+rules+"}, ", 1)
	}
	erp, err := ERPs[kind](kind, func(into any) error { return yaml.Load([]byte(settings), into, yaml.WithKnownFields()) }, nil)
	if err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	return erp
}

// sameOrder is an order, its cancellation as the shop tells it and as one that is gone, and
// its refund, with the same ids and numbers in every store.
func sameOrder(store string) []erpbridge.Event {
	usd := func(s string) erpbridge.Money { m, _ := erpbridge.ParseMoney(s, "USD"); return m }
	one, _ := erpbridge.ParseDecimal("1")
	order := func() *erpbridge.Order {
		return &erpbridge.Order{
			ID: "4711", Number: "#1001", PostingDate: "2026-11-20", PlacedAt: time.Unix(1763600000, 0), Currency: "USD",
			Lines: []erpbridge.Line{{ID: "1", SKU: "A", Title: "A", Quantity: one, Unit: usd("1.00")}}, Total: usd("1.00"),
		}
	}
	event := func(typ erpbridge.EventType) erpbridge.Event {
		return erpbridge.Event{
			Store: store, Type: typ, Stream: "order/4711", Resource: "order/4711", Version: erpbridge.Version{At: time.Unix(1763600000, 0), Digest: strings.Repeat("0", 64)},
		}
	}
	placed, cancelled, gone, refunded := event(erpbridge.OrderPlaced), event(erpbridge.OrderCancelled), event(erpbridge.OrderCancelled), event(erpbridge.RefundIssued)
	placed.Order, cancelled.Order = order(), order()
	cancelled.Order.CancelledAt = time.Unix(1763600001, 0)
	gone.Cancellation = &erpbridge.Cancellation{OrderID: "4711", OrderNumber: "#1001"}
	refunded.Refund = &erpbridge.Refund{
		ID: "5", OrderID: "4711", OrderNumber: "#1001", PostingDate: "2026-11-21", Currency: "USD",
		Lines: []erpbridge.RefundLine{{ID: "9", LineID: "1", SKU: "A", Title: "A", Quantity: one, Amount: usd("1.00"), Restock: erpbridge.Returned}},
	}
	return []erpbridge.Event{placed, cancelled, gone, refunded}
}
