package suitetalk

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func searchXML(criteria string) string {
	return `<platformMsgs:searchRecord xsi:type="platformCommon:ItemSearchBasic">` + criteria + `</platformMsgs:searchRecord>`
}

const (
	byName   = `<platformCommon:itemId operator="is"><platformCore:searchValue>mug</platformCore:searchValue></platformCommon:itemId>`
	byID     = `<platformCommon:externalId operator="anyOf"><platformCore:searchValue externalId="m"/><platformCore:searchValue externalId="t"/></platformCommon:externalId>`
	isActive = `<platformCommon:isInactive><platformCore:searchValue>false</platformCore:searchValue></platformCommon:isInactive>`
)

func TestSearchForItems(t *testing.T) {
	b := start(t, Config{Catalog: []Item{
		{InternalID: "1", ItemID: "Mug", ExternalID: "m"},
		{InternalID: "2", ItemID: "CUPS : MUG", Type: "KitItem"},
		{InternalID: "3", ItemID: "Mug", ExternalID: "t", Inactive: true},
		{InternalID: "4", ItemID: "Mugs"},
	}})
	for name, c := range map[string]struct {
		criteria string
		want     []string
		fault    string
	}{
		"by name":                 {byName, []string{"1", "2", "3"}, ""},
		"by name, active":         {isActive + byName, []string{"1", "2"}, ""},
		"by external id":          {byID, []string{"1", "3"}, ""},
		"by external id, active":  {byID + isActive, []string{"1"}, ""},
		"everything":              {"", []string{"1", "2", "3", "4"}, ""},
		"out of place":            {isActive + byID, nil, "it belongs before"},
		"by another operator":     {strings.Replace(byName, `"is"`, `"contains"`, 1), nil, "INVALID_SEARCH_OPERATOR"},
		"by what is not known":    {`<platformCommon:upcCode operator="is"/>`, nil, "does not search items by upcCode"},
		"by what is no criterion": {`<platformCommon:sku/>`, nil, "unexpected element"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := b.call("search", searchXML(c.criteria))
			if err != nil {
				t.Fatal(err)
			}
			if c.fault != "" {
				if a.status != 500 || !strings.Contains(string(a.raw), c.fault) {
					t.Errorf("not %q: %s", c.fault, a.raw)
				}
				return
			}
			var ids []string
			for _, r := range a.body.FindElements("./platformCore:searchResult/platformCore:recordList/platformCore:record") {
				ids = append(ids, r.SelectAttrValue("internalId", ""))
			}
			if diff := cmp.Diff(c.want, ids); diff != "" {
				t.Errorf("%s%s", diff, a.raw)
			}
		})
	}
}

func TestSearchPages(t *testing.T) {
	var items []Item
	for _, id := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		items = append(items, Item{InternalID: id, ItemID: "Mug"})
	}
	b := start(t, Config{Catalog: items})
	for size, want := range map[string]string{"5": "7 5 2 1", "1000": "7 1000 1 1", "4": "INVALID_SEARCH_PAGE_SIZE", "1001": "INVALID_SEARCH_PAGE_SIZE"} {
		header := b.passport() + "<platformMsgs:searchPreferences><platformMsgs:pageSize>" + size + "</platformMsgs:pageSize></platformMsgs:searchPreferences>"
		a, err := b.send("2023_2", "search", envelopeXML("2023_2", header, "<platformMsgs:search>"+searchXML(byName)+"</platformMsgs:search>"))
		if err != nil {
			t.Fatal(err)
		}
		if a.status != 200 {
			if a.faultCode() != want {
				t.Errorf("page size %s: %s", size, a.raw)
			}
			continue
		}
		var told []string
		for _, name := range []string{"totalRecords", "pageSize", "totalPages", "pageIndex"} {
			told = append(told, a.body.FindElement("./platformCore:searchResult/platformCore:"+name).Text())
		}
		if got := strings.Join(told, " "); got != want {
			t.Errorf("page size %s: %s, want %s", size, got, want)
		}
	}
}

// With a catalog an item exists if it is there and active, by either id; a name is no
// reference.
func TestItemsOfTheCatalog(t *testing.T) {
	b := start(t, Config{Catalog: []Item{{InternalID: "57", ItemID: "Mug", ExternalID: "m"}, {InternalID: "88", ItemID: "Discount"}, {InternalID: "3", ItemID: "Old", Inactive: true}}})
	b.upsert(ada)
	for ref, want := range map[string]string{
		`internalId="57"/>`: "ok",
		`externalId="m"/>`:  "ok",
		`internalId="3"/>`:  "INVALID_KEY_OR_REF",
		`internalId="58"/>`: "INVALID_KEY_OR_REF",
		`externalId="x"/>`:  "RCRD_DSNT_EXIST",
		`><platformCore:name>Mug</platformCore:name></tranSales:item>`: "INVALID_KEY_OR_REF",
	} {
		space := " "
		if strings.HasPrefix(ref, ">") {
			space = ""
		}
		a, err := b.call("upsertList", strings.Replace(order1, `<tranSales:item internalId="57"/>`, "<tranSales:item"+space+ref, 1))
		if err != nil {
			t.Fatal(err)
		}
		wantResults(t, a, want)
	}
}

// A refund is created from what it can be created from, of the same customer.
func TestCreatedFrom(t *testing.T) {
	b := start(t, Config{})
	grace := strings.Replace(strings.Replace(ada, "c-1", "c-2", 1), "Ada", "Grace", 1)
	b.upsert(ada, grace, order1)
	refund := func(typ, id, customer, from string) string {
		at := func(name string) string { return "<tranCust:" + name + " " }
		created := ""
		if from != "" {
			created = at("createdFrom") + from + "/>"
		}
		items := "<tranCust:itemList><tranCust:item><tranCust:item internalId=\"57\"/><tranCust:amount>1.00</tranCust:amount></tranCust:item></tranCust:itemList>"
		return `<platformMsgs:record xsi:type="tranCust:` + typ + `" externalId="` + id + `">` + at("entity") + `externalId="` + customer + `"/>` + created + items + `</platformMsgs:record>`
	}
	for name, c := range map[string]struct{ record, want string }{
		"a return of the order":       {refund("ReturnAuthorization", "r-1", "c-1", `externalId="o-1" type="salesOrder"`), "ok"},
		"of another's":                {refund("ReturnAuthorization", "r-2", "c-2", `externalId="o-1"`), "INVALID_KEY_OR_REF"},
		"of none":                     {refund("ReturnAuthorization", "r-3", "c-1", `externalId="o-2"`), "INVALID_KEY_OR_REF"},
		"of a customer":               {refund("ReturnAuthorization", "r-4", "c-1", `internalId="1001"`), "INVALID_KEY_OR_REF"},
		"by another type":             {refund("ReturnAuthorization", "r-5", "c-1", `externalId="o-1" type="invoice"`), "INVALID_KEY_OR_REF"},
		"of nothing":                  {refund("ReturnAuthorization", "r-6", "c-1", ""), "ok"},
		"a credit of the order":       {refund("CreditMemo", "m-1", "c-1", `externalId="o-1"`), "INVALID_KEY_OR_REF"},
		"a cash refund of the order":  {refund("CashRefund", "f-1", "c-1", `externalId="o-1"`), "INVALID_KEY_OR_REF"},
		"a credit without an invoice": {refund("CreditMemo", "m-2", "c-1", ""), "ok"},
	} {
		a, err := b.call("upsertList", c.record)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(name)
		wantResults(t, a, c.want)
	}
	order, _ := b.Record("salesOrder", "o-1")
	if r, _ := b.Record("returnAuthorization", "r-1"); r.CreatedFrom != order.InternalID || order.InternalID == "" {
		t.Errorf("%+v", r)
	}
	a, err := b.call("upsertList", refund("CreditMemo", "m-3", "c-1", `externalId="r-1"`))
	if err != nil {
		t.Fatal(err)
	}
	wantResults(t, a, "ok")
}
