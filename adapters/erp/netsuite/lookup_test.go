package netsuite

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/cmd/erpsim/suitetalk"
)

const (
	byItemID     = "items: {look_up: item-id}\n"
	byExternalID = "items: {look_up: external-id}\n"
)

// The mug and the T-shirt of the orders, and what surrounds them.
var catalog = []suitetalk.Item{
	{InternalID: "571", ItemID: "MUG-1", ExternalID: "MUG-1"},
	{InternalID: "572", ItemID: "mug-10", ExternalID: "MUG-10"},
	{InternalID: "581", ItemID: "TEE : tee-2", ExternalID: "TEE-2", Type: "NonInventorySaleItem"},
	{InternalID: "582", ItemID: "TEE-2", ExternalID: "TEE-2-OLD", Inactive: true},
	{InternalID: "89", ItemID: "Tax"},
	{InternalID: "88", ItemID: "Discount"},
	{InternalID: "96", ItemID: "Residual"},
}

func without(items []suitetalk.Item, id string) (rest []suitetalk.Item) {
	for _, it := range items {
		if it.InternalID != id {
			rest = append(rest, it)
		}
	}
	return rest
}

// booked returns the items of the lines of the sales order in the account.
func (a *account) booked(t *testing.T, typ, externalID string) (ids []string) {
	t.Helper()
	r, ok := a.Record(typ, externalID)
	if !ok {
		return nil
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromString(r.Content); err != nil {
		t.Fatal(err)
	}
	for _, el := range doc.FindElements("./record/itemList/item/item") {
		ids = append(ids, attr(el, "internalId"))
	}
	return ids
}

// asked returns the operations the account was asked for.
func (a *account) asked(t *testing.T) (operations []string) {
	t.Helper()
	entries, err := a.Journal()
	if err != nil {
		t.Fatal(err)
	}
	for _, en := range entries {
		if en.Kind == suitetalk.Arrival {
			operations = append(operations, en.Operation)
		}
	}
	return operations
}

// Goods that no table knows are looked up when they are delivered: each once, and not
// again as long as they are kept.
func TestItemsAreLookedUp(t *testing.T) {
	for settings, want := range map[string][]string{
		byItemID:                       {"search", "search", "upsertList", "upsertList"}, // one item id a search
		byExternalID:                   {"search", "upsertList", "upsertList"},
		"async: true\n" + byExternalID: {"search", "asyncUpsertList", "asyncUpsertList"},
	} {
		t.Run(settings, func(t *testing.T) {
			sim := simulate(t, suitetalk.Config{Catalog: catalog})
			e := sim.adapter(t, settings)
			other := placed()
			other.ID = "5002"
			if strings.HasPrefix(settings, "async") {
				wantKinds(t, e.Deliver(t.Context(), documents(t, e, event(placed()))), "accepted", "accepted", "accepted")
				wantKinds(t, e.Deliver(t.Context(), documents(t, e, event(other))), "accepted", "accepted", "accepted")
				if diff := cmp.Diff(want, sim.asked(t)); diff != "" {
					t.Error(diff)
				}
				return
			}
			wantKinds(t, e.Deliver(t.Context(), documents(t, e, event(placed()))), "delivered", "delivered", "delivered")
			wantKinds(t, e.Deliver(t.Context(), documents(t, e, event(other))), "delivered", "delivered", "delivered")
			for _, id := range []string{"5001", "5002"} {
				if diff := cmp.Diff([]string{"571", "581", "89"}, sim.booked(t, "salesOrder", "shop-eu-order-"+id)); diff != "" {
					t.Error(diff)
				}
			}
			if diff := cmp.Diff(want, sim.asked(t)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An item that is not there makes its order wait, with the reason, and no other; once it
// is there the same documents are delivered, however the item came to be known.
func TestAnOrderWaitsForItsItem(t *testing.T) {
	for name, appears := range map[string]func(*account, erpbridge.CrossReferences) string{
		"in NetSuite":            func(a *account, _ erpbridge.CrossReferences) string { a.SetCatalog(catalog); return "571" },
		"in the cross-reference": func(_ *account, x erpbridge.CrossReferences) string { x["items"]["MUG-1"] = "572"; return "572" },
	} {
		t.Run(name, func(t *testing.T) {
			sim := simulate(t, suitetalk.Config{Catalog: without(catalog, "571")})
			x := erpbridge.CrossReferences{"items": {}}
			erp, err := New("ns", decodeYAML(withSettings(byItemID+"url: "+sim.url+"\n")), x)
			if err != nil {
				t.Fatal(err)
			}
			e := erp.(*ERP)
			t.Cleanup(e.soap.Close)
			waiting := documents(t, e, event(placed()))
			other := placed()
			other.ID, other.Lines = "5002", other.Lines[1:]
			other.TaxTotal, other.Total = eur("0.00"), eur("29.85")
			results := e.Deliver(t.Context(), append(waiting[:2:2], documents(t, e, event(other))...))
			wantKinds(t, results, "delivered", "missing", "delivered", "delivered", "delivered")
			for _, want := range []string{`no active item for item-id "MUG-1"`, `erpbridge xref set --target ns items "MUG-1" ITEM`} {
				if !strings.Contains(fmt.Sprint(results[1].Err), want) {
					t.Errorf("%v does not say %q", results[1].Err, want)
				}
			}
			wantKinds(t, e.Deliver(t.Context(), waiting[1:2]), "missing")
			if got := sim.booked(t, "salesOrder", "shop-eu-order-5001"); got != nil {
				t.Fatalf("the order was written, with %v", got)
			}
			want := appears(sim, x)
			wantKinds(t, e.Deliver(t.Context(), waiting), "delivered", "delivered", "delivered")
			if got := sim.booked(t, "salesOrder", "shop-eu-order-5001"); len(got) == 0 || got[0] != want {
				t.Errorf("booked %v", got)
			}
		})
	}
}

// When a look-up fails nothing is written, nothing is in doubt, and what it means is what
// it means of any request.
func TestLookUpsThatFail(t *testing.T) {
	search := suitetalk.Match{Operation: "^search$"}
	for name, c := range map[string]struct {
		mode suitetalk.Mode
		want string
	}{
		"throttled":      {suitetalk.Mode{Kind: suitetalk.Throttle}, "throttled"},
		"refused":        {suitetalk.Mode{Kind: suitetalk.Fault, Code: "INSUFFICIENT_PERMISSION"}, "refused"},
		"unexpected":     {suitetalk.Mode{Kind: suitetalk.Fault}, "transient"},
		"too long":       {suitetalk.Mode{Kind: suitetalk.Fault, Code: "ABORT_SEARCH_EXCEEDED_MAX_TIME"}, "transient"},
		"no answer":      {suitetalk.Mode{Kind: suitetalk.EffectThenDrop}, "transient"},
		"a login page":   {suitetalk.Mode{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerHTML}, "transient"},
		"an empty one":   {suitetalk.Mode{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerEmpty}, "transient"},
		"half an answer": {suitetalk.Mode{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerTruncated}, "transient"},
		"two answers":    {suitetalk.Mode{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerDoubled}, "transient"},
		"none":           {suitetalk.Mode{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerFewer}, "transient"},
	} {
		t.Run(name, func(t *testing.T) {
			sim := simulate(t, suitetalk.Config{Catalog: catalog})
			e := sim.adapter(t, byItemID)
			docs := documents(t, e, event(placed()))
			c.mode.Match, c.mode.Count = search, 1
			sim.mode(t, c.mode)
			results := e.Deliver(t.Context(), docs)
			wantKinds(t, results, c.want, c.want, c.want)
			if st := sim.State(); st.Effects != 0 || st.Arrivals != 1 {
				t.Errorf("%+v", st)
			}
			wantKinds(t, e.Deliver(t.Context(), docs), "delivered", "delivered", "delivered")
		})
	}
}

// What a search finds is an item only if it is the one that was meant.
func TestOnlyTheItemThatWasMeant(t *testing.T) {
	for name, c := range map[string]struct {
		items []suitetalk.Item
		want  string // in the reason; "" where it is found
	}{
		"another case":      {[]suitetalk.Item{{InternalID: "1", ItemID: "mug-1"}}, ""},
		"a variant":         {[]suitetalk.Item{{InternalID: "1", ItemID: "CUPS : MUG-1"}}, ""},
		"two":               {[]suitetalk.Item{{InternalID: "1", ItemID: "A : MUG-1"}, {InternalID: "2", ItemID: "B : MUG-1"}}, "2 active items"},
		"two in any case":   {[]suitetalk.Item{{InternalID: "2", ItemID: "mug-1"}, {InternalID: "1", ItemID: "MUG-1"}}, ""},
		"inactive":          {[]suitetalk.Item{{InternalID: "1", ItemID: "MUG-1", Inactive: true}}, "no active item"},
		"a group":           {[]suitetalk.Item{{InternalID: "1", ItemID: "MUG-1", Type: "ItemGroup"}}, "an item group"},
		"a kit":             {[]suitetalk.Item{{InternalID: "1", ItemID: "MUG-1", Type: "KitItem"}}, ""},
		"a longer name":     {[]suitetalk.Item{{InternalID: "1", ItemID: "MUG-11"}}, "no active item"},
		"an internal id":    {[]suitetalk.Item{{InternalID: "1", ItemID: "57"}}, "no active item"},
		"an external id":    {[]suitetalk.Item{{InternalID: "1", ItemID: "Mug", ExternalID: "MUG-1"}}, "no active item"},
		"nothing to choose": {nil, "no active item"},
	} {
		t.Run(name, func(t *testing.T) {
			sim := simulate(t, suitetalk.Config{Catalog: append(c.items, without(catalog, "571")...)})
			e := sim.adapter(t, byItemID)
			docs := documents(t, e, event(placed()))
			results := e.Deliver(t.Context(), docs)
			if c.want != "" {
				wantKind(t, erpbridge.Missing, results[1].Err)
				if !strings.Contains(fmt.Sprint(results[1].Err), c.want) {
					t.Errorf("%v", results[1].Err)
				}
				return
			}
			wantKinds(t, results, "delivered", "delivered", "delivered")
			if got := sim.booked(t, "salesOrder", "shop-eu-order-5001"); got[0] != "1" {
				t.Errorf("booked %v", got)
			}
		})
	}
}

// NetSuite's answer is held against the question, whatever it found by it.
func TestSearchAnswersAreNotBelievedBlindly(t *testing.T) {
	item := func(name string) string {
		return `<c:record xsi:type="a:InventoryItem" internalId="1"><a:itemId>` + name + `</a:itemId></c:record>`
	}
	answer := func(total int, records string) string {
		return envelopeOf(`<searchResponse xmlns="` + ns2023.messages + `" xmlns:c="` + ns2023.core + `" xmlns:a="` + ns2023.accounting +
			`"><c:searchResult><c:status isSuccess="true"/><c:totalRecords>` + fmt.Sprint(total) + `</c:totalRecords><c:recordList>` + records +
			`</c:recordList></c:searchResult></searchResponse>`)
	}
	for name, c := range map[string]struct {
		answer string
		want   erpbridge.Kind
	}{
		"another item":        {answer(1, item("CUP")), erpbridge.Missing},
		"one without a name":  {answer(1, item("")), erpbridge.Missing},
		"more than are told":  {answer(101, item("MUG-1")), erpbridge.Transient},
		"fewer than are told": {answer(0, item("MUG-1")), erpbridge.Transient},
		"no internal id":      {answer(1, strings.Replace(item("MUG-1"), `"1"`, `"x"`, 1)), erpbridge.Transient},
		"a foreign name":      {answer(1, strings.ReplaceAll(item("MUG-1"), "c:record", "record")), erpbridge.Transient},
		"another answer":      {upserted(saved("1", "shop-eu-order-5001")), erpbridge.Transient},
		"not allowed": {envelopeOf(`<searchResponse xmlns="` + ns2023.messages + `" xmlns:c="` + ns2023.core + `"><c:searchResult><c:status isSuccess="false">` +
			detail("INSUFFICIENT_PERMISSION", "x") + `</c:status></c:searchResult></searchResponse>`), erpbridge.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			e := at(t, serve(t, 200, c.answer), "items: {look_up: item-id, by_sku: {TEE-2: \"58\"}}")
			r := e.Deliver(t.Context(), documents(t, e, event(placed()))[1:2])
			wantKind(t, c.want, r[0].Err)
		})
	}
}

// An item that NetSuite does not take any more is looked up again.
func TestAnItemThatIsGoneIsNotKept(t *testing.T) {
	sim := simulate(t, suitetalk.Config{Catalog: catalog})
	e := sim.adapter(t, byItemID)
	docs := documents(t, e, event(placed()))
	settleAll(t, e, docs[:1], 1)
	settleAll(t, e, docs[1:2], 1)
	sim.SetCatalog(append(without(catalog, "571"), suitetalk.Item{InternalID: "599", ItemID: "MUG-1"}))
	wantKinds(t, e.Deliver(t.Context(), docs[1:2]), "missing")
	wantKinds(t, e.Deliver(t.Context(), docs[1:2]), "delivered")
	if got := sim.booked(t, "salesOrder", "shop-eu-order-5001"); got[0] != "599" {
		t.Errorf("booked %v", got)
	}
}

// The tables come first, a refund's goods are looked up as an order's are, and a store may
// have a rule of its own.
func TestWhatIsLookedUp(t *testing.T) {
	sim := simulate(t, suitetalk.Config{Catalog: catalog})
	e := sim.adapter(t, "items: {look_up: external-id, by_sku: {MUG-1: \"572\"}}\n"+booked)
	docs := documents(t, e, event(placed()), refundEvent(refunded(erpbridge.Returned)))
	if body := string(docs[1].Body); !strings.Contains(body, `internalId="572"`) || !strings.Contains(body, `<tranSales:item externalId="TEE-2"/>`) {
		t.Error(body)
	}
	settleAll(t, e, docs, 2)
	if got := sim.booked(t, "returnAuthorization", "shop-eu-return-509"); len(got) < 2 || got[0] != "572" || got[1] != "581" {
		t.Errorf("booked %v", got)
	}

	own := open(t, byItemID+"mapping: {stores: {shop-eu: {items: {placeholder: \"99\"}}}}")
	if body := string(documents(t, own, event(placed()))[1].Body); strings.Contains(body, ":name>") || !strings.Contains(body, `item internalId="99"`) {
		t.Error(body)
	}
	nameless := placed()
	nameless.Lines[0].SKU = " "
	_, err := open(t, byItemID).Translate(event(nameless))
	wantKind(t, erpbridge.Held, err)
	if !strings.Contains(fmt.Sprint(err), "has no SKU") {
		t.Error(err)
	}
	numeric := placed()
	numeric.Lines[0].SKU = "57"
	if body := string(documents(t, open(t, byItemID), event(numeric))[1].Body); strings.Contains(body, `item internalId="57"`) || !strings.Contains(body, "<platformCore:name>57</platformCore:name>") {
		t.Error("a SKU was taken for an internal id: " + body)
	}
}

// An item that is counted in a unit of its own cannot be found after its line was counted.
func TestUnitsNeedAMapping(t *testing.T) {
	sim := simulate(t, suitetalk.Config{Catalog: catalog})
	e := sim.adapter(t, byItemID+"mapping: {units: {by_item: {\"571\": \"3*12\"}}}")
	docs := documents(t, e, event(placed()))
	results := e.Deliver(t.Context(), docs[:2])
	wantKinds(t, results, "delivered", "held")
	if !strings.Contains(fmt.Sprint(results[1].Err), "item 571") || sim.booked(t, "salesOrder", "shop-eu-order-5001") != nil {
		t.Error(results[1].Err)
	}
}

func TestLookUpSettings(t *testing.T) {
	for more, want := range map[string]string{
		"items: {look_up: sku}":                                              "items.look_up: \"sku\" is not one of item-id, external-id",
		"items: {look_up: item-id, look_up_keep: -1s}":                       "items.look_up_keep",
		"items: {look_up: item-id, placeholder: \"9\"}":                      "leave one of them out",
		byItemID + "mapping: {items: {unknown: hold}}":                       "leave one of them out",
		byItemID + "mapping: {items: {key: [barcode]}}":                      "mapping.items.key: items.look_up looks for SKUs",
		byItemID + "mapping: {stores: {shop-eu: {items: {key: [barcode]}}}}": "mapping.stores.shop-eu.items.key",
	} {
		_, err := New("ns", decodeYAML(withSettings(more)), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v does not say %q", more, err, want)
		}
	}
	if e := open(t, byItemID); e.conf.Items.LookUpKeep != 10*time.Minute {
		t.Error(e.conf.Items.LookUpKeep)
	}
}

// The cache is bounded in size and age, and keeps nothing where it is told so.
func TestItemCache(t *testing.T) {
	c := newItemCache(time.Minute)
	c.most = 3
	now := time.Unix(1000, 0)
	k := func(i int) itemKey { return itemKey{ByItemID, fmt.Sprint(i)} }
	for i := range 10 {
		c.put(k(i), fmt.Sprint(i), now)
		if id, ok := c.get(k(i), now.Add(59*time.Second)); !ok || id != fmt.Sprint(i) {
			t.Fatalf("%d is %q, %v", i, id, ok)
		}
	}
	if len(c.items) != 3 {
		t.Errorf("%d are kept", len(c.items))
	}
	if _, ok := c.get(k(9), now.Add(time.Minute)); ok {
		t.Error("kept for too long")
	}
	c.put(k(11), "11", now.Add(time.Hour)) // the old ones go first
	c.put(k(12), "12", now.Add(time.Hour))
	if _, ok := c.get(itemKey{ByExternalID, "12"}, now); ok {
		t.Error("an external id is no item id")
	}
	c.drop(k(12))
	if _, ok := c.get(k(12), now); ok {
		t.Error("dropped and there")
	}
	off := newItemCache(0)
	off.put(k(1), "1", now)
	if len(off.items) != 0 {
		t.Error("kept")
	}
}

// A return authorization is created from its order, where the settings say so; what
// NetSuite creates from something else stands by itself.
func TestReturnsAreLinked(t *testing.T) {
	sim := simulate(t, suitetalk.Config{})
	e := sim.adapter(t, "link_returns: true\n"+booked)
	credit := refunded(erpbridge.NoRestock)
	credit.ID = "510"
	docs := documents(t, e, event(placed()), refundEvent(refunded(erpbridge.Returned)), refundEvent(credit))
	settleAll(t, e, docs, 3)
	settleAll(t, e, docs[3:], 3) // sent again it stays what it is
	order, _ := sim.Record("salesOrder", "shop-eu-order-5001")
	back, _ := sim.Record("returnAuthorization", "shop-eu-return-509")
	if order.InternalID == "" || back.CreatedFrom != order.InternalID {
		t.Errorf("created from %q, the order is %q", back.CreatedFrom, order.InternalID)
	}
	if memo, ok := sim.Record("creditMemo", "shop-eu-credit-510"); !ok || memo.CreatedFrom != "" {
		t.Errorf("%+v", memo)
	}
}
