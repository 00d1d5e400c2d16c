package suitetalk

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge/internal/testenv"
)

// shared returns the path of a file in the folder of vendors' schemas and samples.
func shared(t *testing.T, elem ...string) string {
	t.Helper()
	return filepath.Join(append([]string{testenv.Shared(t)}, elem...)...)
}

// TestConformanceXML holds what the simulator answers with against the vendor's
// schema: all at once, because that is slow to load.
func TestConformanceXML(t *testing.T) {
	testenv.Shared(t)
	dir := t.TempDir()
	var files []string
	for _, documents := range []map[string][]byte{answersOfAllKinds(t), faultDetails(t)} {
		for name, content := range documents {
			file := filepath.Join(dir, name+".xml")
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
	}
	testenv.Xmlcheck(t, "netsuite", files...)
}

const richOrder = `<platformMsgs:record xsi:type="tranSales:SalesOrder" externalId="o-2">
	<tranSales:entity externalId="c-1" type="customer"/><tranSales:currency internalId="1"/>
	<tranSales:tranDate>2024-01-15T00:00:00.000-08:00</tranSales:tranDate><tranSales:orderStatus>_pendingFulfillment</tranSales:orderStatus>
	<tranSales:memo>naïve &lt;b&gt; &amp; 日本</tranSales:memo>
	<tranSales:shippingAddress><platformCommon:country>_germany</platformCommon:country><platformCommon:addr1>Weg 1</platformCommon:addr1>
	<platformCommon:city>Ulm</platformCommon:city></tranSales:shippingAddress><tranSales:shippingCost>1</tranSales:shippingCost>
	<tranSales:taxDetailsOverride>true</tranSales:taxDetailsOverride>
	<tranSales:itemList replaceAll="true"><tranSales:item><tranSales:item internalId="57" type="inventoryItem"/>
	<tranSales:quantity>1</tranSales:quantity><tranSales:price internalId="-1"/><tranSales:rate>10.00</tranSales:rate>
	<tranSales:taxCode internalId="-7"/></tranSales:item></tranSales:itemList>
	<tranSales:taxDetailsList><platformCommon:taxDetails><platformCommon:taxAmount>1.90</platformCommon:taxAmount></platformCommon:taxDetails></tranSales:taxDetailsList>
	<tranSales:customFieldList><platformCore:customField xsi:type="platformCore:StringCustomFieldRef" scriptId="custbody_v">
	<platformCore:value>7</platformCore:value></platformCore:customField></tranSales:customFieldList></platformMsgs:record>`

const addressed = `<platformMsgs:record xsi:type="listRel:Customer" externalId="c-3"><listRel:companyName>C</listRel:companyName>
	<listRel:addressbookList><listRel:addressbook><listRel:defaultShipping>true</listRel:defaultShipping><listRel:label>home</listRel:label>
	<listRel:addressbookAddress><platformCommon:country>_japan</platformCommon:country></listRel:addressbookAddress>
	</listRel:addressbook></listRel:addressbookList></platformMsgs:record>`

// answersOfAllKinds are one of each kind of answer, with results of all kinds.
func answersOfAllKinds(t *testing.T) map[string][]byte {
	t.Helper()
	b := start(t, Config{Items: []string{"57", "88"}, UniqueEmail: true, Stock: []Stock{{Item: "57", Location: "1", OnHand: "2.0", Available: "1.5"}}})
	documents := make(map[string][]byte)
	keep := func(name string, a answerXML, err error, want ...string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		wantResults(t, a, want...)
		documents[name] = a.raw
	}
	b.mode(Mode{Kind: Warning, Count: 1, Match: Match{RecordType: "salesOrder"}})
	b.mode(Mode{Kind: AfterSubmitFailed, Count: 1, Match: Match{RecordType: "customerDeposit"}})
	with := func(old, now, record string) string { return strings.Replace(record, old, now, 1) }
	a := b.upsert(
		ada, order1, deposit1, richOrder, addressed,
		with("c-1", "c-2", ada),
		with(` externalId="o-1"`, "", order1),
		with(`externalId="o-1"`, `externalId="o-1" internalId="1"`, order1),
		with(`"57"`, `"58"`, order1), with(`"c-1"`, `"c-9"`, order1), with("-5.00", "x", order1), with(`"o-1"`, `"o-9"`, order(``)),
		with("<tranSales:shippingCost>9.95</tranSales:shippingCost>",
			"<tranSales:shippingCost>9.95</tranSales:shippingCost><tranSales:total>1</tranSales:total>", order1),
	)
	keep("upsertList", a, nil, "ok", "ok WARNING", "saved USER_ERROR", "ok", "ok", "DUP_ENTITY_EMAIL", "EXTERNALID_REQD",
		"CANT_SET_INTERNALID", "INVALID_KEY_OR_REF", "RCRD_DSNT_EXIST", "INVALID_FLD_VALUE", "USER_ERROR", "INSUFFICIENT_FLD_PERMISSION")
	a, err := b.call("upsert", ada)
	keep("upsert", a, err, "ok")
	a, err = b.call("getList", ref("salesOrder", `externalId="o-1"`), ref("salesOrder", `externalId="o-2"`),
		ref("customer", `externalId="c-1"`), ref("customer", `externalId="c-3"`), ref("customerDeposit", `externalId="d-1"`),
		ref("customer", `externalId="c-9"`), ref("vendor", `internalId="1"`))
	keep("getList", a, err, "ok", "ok", "ok", "ok", "ok", "RCRD_DSNT_EXIST", "INVALID_RCRD_TYPE")
	a, err = b.call("getServerTime")
	keep("getServerTime", a, err)
	keep("refunds", b.upsert(returned1, credit1, cash1), nil, "ok", "ok", "ok")
	a, err = b.call("getList", ref("returnAuthorization", `externalId="r-1"`), ref("creditMemo", `externalId="r-1"`), ref("cashRefund", `externalId="r-1"`))
	keep("getListOfRefunds", a, err, "ok", "ok", "ok")
	a, err = b.call("asyncUpsertList", ada, with(`"o-1"`, `"o-9"`, order(``)))
	keep("asyncUpsertList", a, err)
	id := a.body.FindElement("./asyncStatusResult/jobId").Text()
	b.worked()
	a, err = b.call("checkAsyncStatus", "<platformMsgs:jobId>"+id+"</platformMsgs:jobId>")
	keep("checkAsyncStatus", a, err)
	a, err = b.resultsOf(id)
	keep("getAsyncResult", a, err, "ok", "USER_ERROR")
	a, err = b.call("getItemAvailability", `<platformMsgs:itemAvailabilityFilter><platformCore:item><platformCore:recordRef internalId="57" type="inventoryItem"/>
		</platformCore:item></platformMsgs:itemAvailabilityFilter>`)
	keep("getItemAvailability", a, err)
	return documents
}

// faultDetails are what is in the details of Faults of both kinds: the Fault itself is
// SOAP's, and the vendor's schema does not know it.
func faultDetails(t *testing.T) map[string][]byte {
	t.Helper()
	b := start(t, Config{})
	documents := make(map[string][]byte)
	keep := func(a answerXML, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		detail := a.body.FindElement("./detail").ChildElements()[0]
		documents[strconv.Itoa(len(documents))+detail.Tag] = document(detail.Copy())
	}
	b.mode(Mode{Kind: Throttle, Count: 1})
	keep(b.upsert(ada), nil)
	// TestConformanceFaultCodes looks at the others.
	small := start(t, Config{MaxBody: 100})
	keep(small.upsert(ada), nil)
	return documents
}

// The codes of the fault table are the vendor's, and so are the elements.
func TestConformanceFaultCodes(t *testing.T) {
	codes := enumeration(t, "platform.faultTypes.xsd", "FaultCodeType")
	raw, err := os.ReadFile(shared(t, "vendor-schemas", "netsuite", "xsd", "platform.faults.xsd"))
	if err != nil {
		t.Fatal(err)
	}
	for code, element := range faultElements {
		if !slices.Contains(codes, code) {
			t.Errorf("%s is no FaultCodeType", code)
		}
		if !strings.Contains(string(raw), `<element name="`+element+`"`) {
			t.Errorf("%s is no element", element)
		}
	}
}

// The sequences here are the vendor's, element by element.
func TestConformanceSequences(t *testing.T) {
	files := map[string]string{
		"platformCore": "platform.core.xsd", "platformCommon": "platform.common.xsd", "platformMsgs": "platform.messages.xsd",
		"listRel": "lists.relationships.xsd", "tranSales": "transactions.sales.xsd", "tranCust": "transactions.customers.xsd",
	}
	schemas := make(map[string]*etree.Document)
	for space, file := range files {
		schemas[space] = schemaFile(t, file)
	}
	for name, own := range complexTypes {
		if name == "CustomFieldRef" || name == "RecordRef" {
			continue // a family of types, and one whose element is in its base type
		}
		t.Run(name, func(t *testing.T) {
			vendor := schemas[own.space].FindElement("./schema/complexType[@name='" + name + "']")
			if vendor == nil {
				t.Fatalf("%s has no such type", files[own.space])
			}
			var want []field
			for _, e := range vendor.FindElements(".//element") {
				want = append(want, field{own.space, e.SelectAttrValue("name", ""), kindOf(e.SelectAttrValue("type", ""))})
			}
			var got []field
			for _, f := range own.fields {
				if f.name == "nullFieldList" {
					continue // of the base type Record
				}
				if _, known := complexTypes[f.typ]; known && f.typ != "RecordRef" || f.typ == "any" {
					f.typ = "complex"
				}
				got = append(got, f)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(field{})); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func kindOf(typ string) string {
	space, name, _ := strings.Cut(typ, ":")
	switch {
	case space == "xsd":
		return name
	case strings.HasSuffix(space, "Typ"):
		return "enum"
	case typ == "platformCore:RecordRef":
		return "RecordRef"
	}
	return "complex"
}

func schemaFile(t *testing.T, name string) *etree.Document {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromFile(shared(t, "vendor-schemas", "netsuite", "xsd", name)); err != nil {
		t.Fatal(err)
	}
	return doc
}

func enumeration(t *testing.T, file, name string) (values []string) {
	t.Helper()
	for _, e := range schemaFile(t, file).FindElements("./schema/simpleType[@name='" + name + "']//enumeration") {
		values = append(values, e.SelectAttrValue("value", ""))
	}
	return values
}

// The sample's signature is over the vendor's published credentials, of a day
// long ago.
func TestConformanceSampleRequest(t *testing.T) {
	raw, err := os.ReadFile(shared(t, "erp-samples", "netsuite-dynamics", "08-netsuite-upsertList-customer-order-deposit.COMPOSED-2023_2.xml"))
	if err != nil {
		t.Fatal(err)
	}
	b := start(t, Config{
		Credentials: []Credential{{
			Account:        "1234567",
			ConsumerKey:    "71cc02b731f05895561ef0862d71553a3ac99498a947c3b7beaf4a1e4a29f7c4",
			ConsumerSecret: "7278da58caf07f5c336301a601203d10a58e948efa280f0618e25fcee1ef2abd",
			Token:          "89e08d9767c5ac85b374415725567d05b54ecf0960ad2470894a52f741020d82",
			TokenSecret:    "060cd9ab3ffbbe1e3d3918e90165ffd37ab12acc76b4691046e2d29c7d7674c2",
		}},
		Now: func() time.Time { return time.Unix(1439829974+60, 0) },
	})
	a, err := b.send("2023_2", "upsertList", string(raw))
	if err != nil {
		t.Fatal(err)
	}
	wantResults(t, a, "ok", "ok", "ok")
	for _, typ := range []string{"salesOrder", "customerDeposit"} {
		if rs := b.Records(typ); len(rs) != 1 || rs[0].Total != "44.75" {
			t.Errorf("%+v", rs)
		}
	}
	// The very same message again is a replay.
	if a, err = b.send("2023_2", "upsertList", string(raw)); err != nil || a.faultCode() != "INVALID_LOGIN_CREDENTIALS" {
		t.Fatalf("%v %s", err, a.raw)
	}
}

func TestConformanceDocumentationSample(t *testing.T) {
	raw, err := os.ReadFile(shared(t, "erp-samples", "netsuite-dynamics", "01-netsuite-upsertList-request.oracle-docs.xml"))
	if err != nil {
		t.Fatal(err)
	}
	b := start(t, Config{})
	// As printed it has no header: nobody may do that.
	a, err := b.send("2017_1", "upsertList", string(raw))
	if err != nil || a.faultCode() != "WS_LOG_IN_REQD" {
		t.Fatalf("%v %s", err, a.raw)
	}
	header := `<soap:Header xmlns:platformMsgs="` + endpoint("2017_1").namespace("platformMsgs") +
		`" xmlns:platformCore="` + endpoint("2017_1").namespace("platformCore") + `">` + b.passport() + `</soap:Header>`
	if a, err = b.send("2017_1", "upsertList", strings.Replace(string(raw), "<soap:Body>", header+"<soap:Body>", 1)); err != nil {
		t.Fatal(err)
	}
	wantResults(t, a, "ok", "ok")
	if rs := b.Records("customer"); len(rs) != 2 || rs[1].ExternalID != "ext2" {
		t.Fatalf("%+v", rs)
	}
}
