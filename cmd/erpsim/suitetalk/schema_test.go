package suitetalk

import (
	"strings"
	"testing"
)

func customer(fields string) string {
	return `<platformMsgs:record xsi:type="listRel:Customer" externalId="c-1">` + fields + `</platformMsgs:record>`
}

func order(fields string) string {
	return `<platformMsgs:record xsi:type="tranSales:SalesOrder" externalId="o-1">` + fields + `</platformMsgs:record>`
}

func line(fields string) string {
	return `<tranSales:itemList><tranSales:item>` + fields + `</tranSales:item></tranSales:itemList>`
}

// A request with one wrong element does nothing at all.
func TestStrictRecords(t *testing.T) {
	b := start(t, Config{})
	for name, c := range map[string]struct{ record, want string }{
		"unknown field":            {order(`<tranSales:colour>red</tranSales:colour>`), "unexpected element"},
		"field of a later place":   {order(`<tranSales:memo>m</tranSales:memo><tranSales:otherRefNum>1</tranSales:otherRefNum>`), "it belongs before memo"},
		"field twice":              {order(`<tranSales:memo>m</tranSales:memo><tranSales:memo>m</tranSales:memo>`), "memo is there twice"},
		"field of a namespace":     {order(`<listRel:memo>m</listRel:memo>`), "unexpected element"},
		"field of no namespace":    {order(`<memo>m</memo>`), "unexpected element"},
		"field of another version": {order(`<x:memo xmlns:x="urn:sales_2023_1.transactions.webservices.netsuite.com">m</x:memo>`), "unexpected element"},
		"text between fields":      {order(`m<tranSales:memo>m</tranSales:memo>`), "unexpected text"},
		"element in a string":      {order(`<tranSales:memo><tranSales:b/></tranSales:memo>`), "Invalid element in SalesOrder.memo"},
		"null fields last":         {order(`<tranSales:memo>m</tranSales:memo><platformCore:nullFieldList/>`), "it belongs before memo"},
		"not a number":             {order(`<tranSales:shippingCost>9,95</tranSales:shippingCost>`), "not a legal value of type double"},
		"not a finite number":      {order(`<tranSales:shippingCost>NaN</tranSales:shippingCost>`), "not a legal value of type double"},
		"not a date":               {order(`<tranSales:tranDate>2024-01-15</tranSales:tranDate>`), "not a legal value of type dateTime"},
		"not a boolean":            {customer(`<listRel:isPerson>yes</listRel:isPerson>`), "not a legal value of type boolean"},
		"not an enumeration":       {order(`<tranSales:shippingAddress><platformCommon:country>US</platformCommon:country></tranSales:shippingAddress>`), "not a legal value of type enum"},
		"address out of order":     {order(`<tranSales:shippingAddress><platformCommon:city>P</platformCommon:city><platformCommon:addr1>1</platformCommon:addr1></tranSales:shippingAddress>`), "addr1: it belongs before city"},
		"line out of order":        {order(line(`<tranSales:quantity>1</tranSales:quantity><tranSales:item internalId="1"/>`)), "item: it belongs before quantity"},
		"customer out of order":    {customer(`<listRel:email>a@b</listRel:email><listRel:lastName>L</listRel:lastName>`), "lastName: it belongs before email"},
		"deposit out of order": {`<platformMsgs:record xsi:type="tranCust:CustomerDeposit" externalId="d"><tranCust:payment>1</tranCust:payment>
			<tranCust:customer internalId="1"/></platformMsgs:record>`, "customer: it belongs before payment"},
		"attribute of a field":     {order(`<tranSales:memo lang="en">m</tranSales:memo>`), "unexpected attribute"},
		"attribute of a reference": {order(`<tranSales:entity id="1"/>`), "unexpected attribute"},
		"attribute twice":          {order(`<tranSales:entity internalId="1" internalId="2"/>`), "already specified"},
		"replaceAll":               {order(`<tranSales:itemList replaceAll="no"/>`), "not a legal value of type boolean"},
		"abstract custom field":    {order(`<tranSales:customFieldList><platformCore:customField scriptId="a"><platformCore:value>1</platformCore:value></platformCore:customField></tranSales:customFieldList>`), "is abstract"},
	} {
		t.Run(name, func(t *testing.T) {
			a := b.upsert(ada, c.record)
			if a.status != 500 || !strings.Contains(a.faultCode(), c.want) {
				t.Fatalf("status %d, want %q\n%s", a.status, c.want, a.raw)
			}
		})
	}
	if s := b.State(); s.Effects != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestTheCanonicalFormIsOfTheContentAlone(t *testing.T) {
	read := func(version, record string) submission {
		t.Helper()
		env, f := readEnvelope([]byte(envelopeXML(version, "", `<platformMsgs:upsert>`+record+`</platformMsgs:upsert>`)))
		if f != nil {
			t.Fatal(f)
		}
		sub, f := schema{endpoint(version)}.readSubmission(env.body.ChildElements()[0])
		if f != nil {
			t.Fatal(f)
		}
		return sub
	}
	const plain = `<platformMsgs:record xsi:type="listRel:Customer" externalId="c"><listRel:lastName>Müller &amp; 1</listRel:lastName></platformMsgs:record>`
	const other = `<r:record xmlns:r="urn:messages_2025_2.platform.webservices.netsuite.com" externalId="c"
		xmlns:q="urn:relationships_2025_2.lists.webservices.netsuite.com" xsi:type="q:Customer">
		<!-- a comment --><lastName xmlns="urn:relationships_2025_2.lists.webservices.netsuite.com"><![CDATA[Müller & ]]><!-- -->1</lastName>
		</r:record>`
	a, b := read("2023_2", plain), read("2025_2", other)
	if a.hash != b.hash || canonical(a.content) != canonical(b.content) {
		t.Fatalf("%s\n%s", canonical(a.content), canonical(b.content))
	}
	if c := read("2023_2", strings.Replace(plain, "1", "2", 1)); c.hash == a.hash {
		t.Fatal("other content, same hash")
	}
}
