package suitetalk

import (
	"fmt"
	"testing"
)

func ref(typ, attributes string) string {
	return fmt.Sprintf(`<platformMsgs:baseRef xsi:type="platformCore:RecordRef" type="%s" %s/>`, typ, attributes)
}

func TestGetList(t *testing.T) {
	b := start(t, Config{})
	custom := `<tranSales:customFieldList><platformCore:customField scriptId="custbody_v" xsi:type="platformCore:StringCustomFieldRef">` +
		`<platformCore:value>7</platformCore:value></platformCore:customField></tranSales:customFieldList></platformMsgs:record>`
	b.upsert(ada, order1[:len(order1)-len(`</platformMsgs:record>`)]+custom)
	a, err := b.call("getList",
		ref("salesOrder", `externalId="o-1"`), ref("salesOrder", `externalId="o-2"`), ref("customer", `internalId="1001"`),
		ref("salesOrder", `internalId="1001"`), ref("customer", ""), ref("vendor", `internalId="1"`))
	if err != nil {
		t.Fatal(err)
	}
	wantResults(t, a, "ok", "RCRD_DSNT_EXIST", "ok", "RCRD_DSNT_EXIST", "INVALID_KEY_OR_REF", "INVALID_RCRD_TYPE")
	for path, want := range map[string]string{
		"tranSales:memo":        "first",
		"tranSales:otherRefNum": "#1",
		"tranSales:total":       "44.75",
		"tranSales:tranId":      "SO1002",
		"tranSales:customFieldList/platformCore:customField/platformCore:value": "7",
		"tranSales:itemList/tranSales:item/tranSales:line":                      "1",
		"listRel:comments": "from the shop",
	} {
		e := a.body.FindElement(".//record/" + path)
		if e == nil || e.Text() != want {
			t.Errorf("%s is not %q\n%s", path, want, a.raw)
		}
	}
	order := a.body.FindElement(".//record")
	if order.SelectAttrValue("internalId", "") != "1002" || order.SelectAttrValue("externalId", "") != "o-1" ||
		order.SelectAttrValue("xsi:type", "") != "tranSales:SalesOrder" {
		t.Errorf("record %v", order.Attr)
	}
	if entity := order.SelectElement("tranSales:entity"); entity.SelectAttrValue("internalId", "") != "1001" {
		t.Errorf("the customer is not named by its internal id: %v", entity.Attr)
	}
	if s := b.State(); s.Effects != 2 || s.RecordArrivals != 8 {
		t.Errorf("%+v", s)
	}
}

func TestGetAndServerTime(t *testing.T) {
	b := start(t, Config{})
	a, err := b.call("get", ref("customer", `externalId="c-1"`))
	if err != nil {
		t.Fatal(err)
	}
	wantResults(t, a, "RCRD_DSNT_EXIST")
	b.upsert(ada)
	if a, err = b.call("get", ref("customer", `externalId="c-1"`)); err != nil {
		t.Fatal(err)
	}
	wantResults(t, a, "ok")
	if a, err = b.call("getServerTime"); err != nil {
		t.Fatal(err)
	}
	if e := a.body.FindElement("./platformCore:getServerTimeResult/platformCore:serverTime"); e == nil || e.Text() == "" {
		t.Fatalf("%s", a.raw)
	}
}
