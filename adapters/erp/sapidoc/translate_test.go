package sapidoc

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

var update = flag.Bool("update", false, "write testdata anew")

const s4Settings = "release: s4\n"

// reversing are the settings of a SAP that reverses an order as a whole.
const reversing = "cancel: {rejection: \"00\", header_action: \"001\"}\n"

const creating = `mapping:
  customer: {unknown: create, guest: default, default: "10100001"}
  items: {unknown: as-is}
  shipping: {as: charge, code: HD00}
`

// goldens are the documents of testdata.
var goldens = []struct {
	name, more string
	ev         func() erpbridge.Event
}{
	{"placed", "", func() erpbridge.Event { return event(placed()) }},
	{"placed-s4", s4Settings, func() erpbridge.Event { return event(placed()) }},
	{"deducted", strings.Replace("mapping:\n"+after(settings, "mapping:\n"), "mapping:\n", "mapping:\n  prices: shop\n", 1), func() erpbridge.Event { return event(deducted()) }},
	{"yen", "", func() erpbridge.Event { return event(yen()) }},
	{"dinar", "", func() erpbridge.Event { return event(dinar()) }},
	{"cancelled", "", func() erpbridge.Event { return event(cancelledOrder()) }},
	{"gone", reversing, goneEvent},
	{"return", "", func() erpbridge.Event { return refundEvent(erpbridge.Returned) }},
	{"changed", "change: {send: true}\n", changedEvent},
	{"customer", creating, func() erpbridge.Event {
		o := placed()
		o.Lines = o.Lines[1:]
		o.TaxTotal, o.Total = eur("0.00"), eur("29.85")
		return event(o)
	}},
}

func after(s, mark string) string {
	_, rest, _ := strings.Cut(s, mark)
	return rest
}

func TestGoldens(t *testing.T) {
	for _, g := range goldens {
		t.Run(g.name, func(t *testing.T) {
			for _, d := range translate(t, open(t, g.more), g.ev()) {
				word := d.Key[strings.LastIndex(d.Key, "/")+1:]
				erptest.Golden(t, *update, g.name+"."+word+".xml", []byte(readable(t, d.Body)))
			}
		})
	}
}

// readable breaks a document into lines, a segment each.
func readable(t *testing.T, body []byte) string {
	t.Helper()
	if _, err := soap.Parse(body, ""); err != nil {
		t.Fatal(err)
	}
	out := strings.NewReplacer("<E1", "\n<E1", "<EDI_DC40 ", "\n<EDI_DC40 ", "<IDOC ", "\n<IDOC ", "</IDOC>", "\n</IDOC>\n").Replace(string(body))
	return out
}

// Everything that is rendered is valid by SAP's own schemas. Those of ORDERS05 of ECC have
// one message type; that of S/4HANA has any.
func TestConformanceRendered(t *testing.T) {
	const asORDERS = "change: {send: true, message_type: ORDERS}\ncancel: {message_type: ORDERS, rejection: \"00\", header_action: \"001\"}\n"
	dir := t.TempDir()
	write := func(name string, docs []erpbridge.Document, files map[string][]string, schema string) {
		for _, d := range docs {
			s := schema
			if d.Kind == "DEBMAS" {
				s = "idoc-debmas"
			}
			file := filepath.Join(dir, name+"-"+strings.ReplaceAll(d.Key, "/", "_")+".xml")
			if err := os.WriteFile(file, d.Body, 0o600); err != nil {
				t.Fatal(err)
			}
			files[s] = append(files[s], file)
		}
	}
	files := map[string][]string{}
	for _, g := range goldens {
		customers := "customers: {account_group: SHOP, prefixes: {shop-eu: E}, extension: ZZ_DEBMAS, company_code: \"1010\"}\n"
		more := g.more
		for _, set := range []string{"change:", "release:", "cancel:"} { // here too, below
			if strings.HasPrefix(more, set) {
				more = ""
			}
		}
		write(g.name+"-ecc", translate(t, open(t, more+asORDERS+customers), g.ev()), files, "idoc-orders05")
		write(g.name+"-s4", translate(t, open(t, more+s4Settings+"change: {send: true}\n"+reversing+customers), g.ev()), files, "idoc-orders05-s4")
	}
	if len(files) != 3 {
		t.Fatalf("documents of %d schemas", len(files))
	}
	for schema, list := range files {
		testenv.Xmlcheck(t, schema, list...)
	}
}

func TestOrderIsOneMessageInAllItsStates(t *testing.T) {
	erp := open(t, "change: {send: true}\n")
	first := translate(t, erp, event(placed()))
	later := translate(t, erp, changedEvent())
	if len(first) != 1 || len(later) != 2 {
		t.Fatalf("%d and %d documents", len(first), len(later))
	}
	a, b, change := lifts(t, first[0]), lifts(t, later[0]), lifts(t, later[1])
	if a.docnum != b.docnum || a.message != b.message {
		t.Error("two states of an order are two messages")
	}
	if first[0].Key == later[0].Key || first[0].Record != later[0].Record {
		t.Errorf("keys %s and %s, records %s and %s", first[0].Key, later[0].Key, first[0].Record, later[0].Record)
	}
	if change.message == a.message || change.docnum == a.docnum {
		t.Error("the change has the order's identity")
	}
	if again := lifts(t, translate(t, erp, changedEvent())[1]); again.message != change.message || again.docnum != change.docnum {
		t.Error("the same change is another message")
	}
}

func lifts(t *testing.T, d erpbridge.Document) lifted {
	t.Helper()
	l, err := liftOne(d)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// What an event comes to, by transport and settings.
func TestWhichDocuments(t *testing.T) {
	file := "transport: file\nurl: \"\"\nauth: {}\nfiles: {dir: " + t.TempDir() + "}\n"
	http := "transport: http\n"
	late := event(placed())
	late.Version.At = late.Version.At.Add(91 * 24 * time.Hour)
	const closing = "mapping: {cancel: close, customer: {default: \"1\"}, items: {unknown: as-is}, shipping: {as: charge, code: HD00}}\n"
	typed := func(typ erpbridge.EventType) erpbridge.Event { ev := event(placed()); ev.Type = typ; return ev }
	for name, c := range map[string]struct {
		more string
		ev   erpbridge.Event
		want string
	}{
		"placed":                            {"", event(placed()), "ORDERS"},
		"paid, soap":                        {"", typed(erpbridge.OrderPaid), "ORDERS"},
		"paid, file":                        {file, typed(erpbridge.OrderPaid), "ORDERS"},
		"paid, http":                        {http, typed(erpbridge.OrderPaid), "ignored"},
		"placed, http":                      {http, event(placed()), "ORDERS"},
		"paid, http, by its setting":        {http + "orders: {on: [order.paid]}\n", typed(erpbridge.OrderPaid), "ORDERS"},
		"changed":                           {"", typed(erpbridge.OrderChanged), "ORDERS"},
		"changed, and sent":                 {"change: {send: true}\n", typed(erpbridge.OrderChanged), "ORDERS ORDCHG"},
		"placed long ago":                   {"", late, "ignored"},
		"placed long ago, no limit":         {"orders: {create_within: 0s}\n", late, "ORDERS"},
		"changed long after":                {"change: {send: true}\n", func() erpbridge.Event { ev := late; ev.Type = erpbridge.OrderChanged; return ev }(), "ORDCHG"},
		"cancelled":                         {"", event(cancelledOrder()), "ORDERS ORDCHG"},
		"cancelled, http":                   {http, event(cancelledOrder()), "ORDCHG"},
		"gone":                              {"", goneEvent(), "held"},
		"gone, a code that cancels nothing": {"cancel: {header_action: \"003\"}\n", goneEvent(), "held"},
		"gone, reversed as a whole":         {reversing, goneEvent(), "ORDCHG"},
		"gone, to be closed":                {closing + reversing, goneEvent(), "held"},
		"gone, not told":                    {strings.Replace(closing, "close", "ignore", 1), goneEvent(), "ignored"},
		"returned":                          {"", refundEvent(erpbridge.Returned), "ORDERS"},
		"customer":                          {creating, event(placed()), "DEBMAS ORDERS"},
		"close without a reason":            {"cancel: {}\n" + closing, event(cancelledOrder()), "held"},
		"no customer for a refund":          {"mapping: {items: {unknown: as-is}, shipping: {as: charge, code: HD00}, refund: {residual: {code: X}}}\n", refundEvent(erpbridge.Returned), "held"},
		"a product":                         {"", erpbridge.Event{Store: "shop-eu", Type: erpbridge.ProductChanged, Product: &erpbridge.Product{}}, "ignored"},
		"a store without customer prefixes": {creating, func() erpbridge.Event { ev := event(placed()); ev.Store = "shop-us"; return ev }(), "held"},
	} {
		t.Run(name, func(t *testing.T) {
			docs, err := open(t, c.more).Translate(c.ev)
			var kinds []string
			for _, d := range docs {
				kinds = append(kinds, d.Kind)
			}
			got := strings.Join(kinds, " ")
			if err != nil {
				got = string(erpbridge.KindOf(err))
			}
			if got != c.want {
				t.Errorf("%s (%v), want %s", got, err, c.want)
			}
		})
	}
}

// A credit memo and a return order are other documents of SAP's.
func TestRefundTypes(t *testing.T) {
	erp := open(t, strings.Replace("mapping:\n"+after(settings, "mapping:\n"), "refund: {", "refund: {as: by-restock, ", 1))
	for restock, want := range map[erpbridge.Restock]string{erpbridge.Returned: "<BSART>RE</BSART>", erpbridge.NoRestock: "<BSART>CR</BSART>"} {
		if body := string(translate(t, erp, refundEvent(restock))[0].Body); !strings.Contains(body, want) {
			t.Errorf("%s: no %s", restock, want)
		}
	}
}

// Field rules, row by row: what goes in, what stands in the IDoc.
func TestFields(t *testing.T) {
	long := strings.Repeat("ä", 36)
	for name, c := range map[string]struct {
		more   string
		change func(*erpbridge.Order)
		want   string // in the IDoc; or "held"
	}{
		"a long name is cut by characters":      {"", func(o *erpbridge.Order) { o.BillTo.Name = long }, "<NAME1>" + strings.Repeat("ä", 34) + "…</NAME1>"},
		"a name that just fits":                 {"", func(o *erpbridge.Order) { o.BillTo.Name = long[2:] }, "<NAME1>" + long[2:] + "</NAME1>"},
		"not within an emoji":                   {"", func(o *erpbridge.Order) { o.BillTo.Name = strings.Repeat("x", 33) + "👩‍👩‍👧" }, "<NAME1>" + strings.Repeat("x", 33) + "…</NAME1>"},
		"markup is escaped":                     {"", func(o *erpbridge.Order) { o.BillTo.Name = "</NAME1><X>" }, "<NAME1>&lt;/NAME1&gt;&lt;X&gt;</NAME1>"},
		"a company and a person":                {"", func(o *erpbridge.Order) { o.BillTo.Company = "Engines" }, "<NAME1>Engines</NAME1><NAME2>Ada Lovelace</NAME2>"},
		"an American postcode":                  {"", func(*erpbridge.Order) {}, "<PSTLZ>97201</PSTLZ>"},
		"leading zeros stay":                    {"", func(o *erpbridge.Order) { o.BillTo.Postcode, o.BillTo.Country = "01067", "DE" }, "<PSTLZ>01067</PSTLZ>"},
		"a postcode too long":                   {"", func(o *erpbridge.Order) { o.BillTo.Postcode, o.BillTo.Country = "0123456789", "XX" }, "held"},
		"a phone number too long is left out":   {"", func(o *erpbridge.Order) { o.BillTo.Phone, o.Customer.Phone = strings.Repeat("1", 26), "" }, "<LAND1>US</LAND1><REGIO>"},
		"a region that is no code is left out":  {"", func(o *erpbridge.Order) { o.BillTo.Region = "Oregon" }, "<LAND1>US</LAND1><TELF1>+1 503 555 0100</TELF1></E1EDKA1>"},
		"characters XML has not":                {"", func(o *erpbridge.Order) { o.BillTo.Name = "a\x01b" }, "held"},
		"latin1 has the umlaut":                 {"charset: latin1\n", func(o *erpbridge.Order) { o.BillTo.Name = "Müller" }, "<NAME1>Müller</NAME1>"},
		"latin1 has not the rest":               {"charset: latin1\n", func(o *erpbridge.Order) { o.BillTo.Name = "Łucja" }, "<NAME1>?ucja</NAME1>"},
		"a numeric material is padded":          {"", func(*erpbridge.Order) {}, "<IDTNR>000000000000004711</IDTNR>"},
		"another is in capitals":                {"", func(o *erpbridge.Order) { o.Lines[1].SKU = "tee-2" }, "<IDTNR>TEE-2</IDTNR>"},
		"a material too long":                   {"", func(o *erpbridge.Order) { o.Lines[1].SKU = strings.Repeat("M", 36) }, "held"},
		"a long material of S/4":                {s4Settings, func(o *erpbridge.Order) { o.Lines[1].SKU = strings.Repeat("M", 40) }, "<IDTNR_LONG>" + strings.Repeat("M", 40) + "</IDTNR_LONG>"},
		"a customer number is padded":           {"", func(*erpbridge.Order) {}, "<PARVW>AG</PARVW><PARTN>0010100001</PARTN>"},
		"our reference is never cut":            {"", func(o *erpbridge.Order) { o.ID = strings.Repeat("5", 30) }, "held"},
		"the buyer's order number is never cut": {"", func(o *erpbridge.Order) { o.PO = strings.Repeat("P", 36) }, "held"},
		"texts are wrapped at 70":               {"", func(*erpbridge.Order) {}, "<TDLINE>Leave it at the door of the house on the left, please, and do not ring</TDLINE><TDFORMAT>*</TDFORMAT>"},
		"and go on in the next line":            {"", func(*erpbridge.Order) {}, "<TDLINE>the bell:</TDLINE><TDFORMAT>/</TDFORMAT>"},
		"a description on one line":             {"", func(o *erpbridge.Order) { o.Lines[0].Title = "a\r\n b\tc" }, "<KTEXT>a b c</KTEXT>"},
		"a language":                            {"", func(*erpbridge.Order) {}, "<SPRAS_ISO>EN</SPRAS_ISO>"},
		"dates have no hyphens":                 {"", func(*erpbridge.Order) {}, "<IDDAT>022</IDDAT><DATUM>20260314</DATUM>"},
		"a price in the minor unit":             {"", func(*erpbridge.Order) {}, "<VPREI>10.00</VPREI><PEINH>1</PEINH>"},
		"a finer price is for ten": {"", func(o *erpbridge.Order) {
			o.Lines[1] = erptest.Item("A", "A", "20", "0.995", "KWD")
			o.Lines[1].Unit = erpbridge.Money{Amount: erptest.Dec("0.995"), Currency: "EUR"}
		}, "<VPREI>9.95</VPREI><PEINH>10</PEINH>"},
		"ten for three": {"", func(o *erpbridge.Order) {
			o.Lines[1].Quantity = erptest.Dec("3")
			o.Lines[1].Extended = eur("10.00")
			o.Total = eur("41.95")
		}, "<VPREI>10.00</VPREI><PEINH>3</PEINH>"},
		"one and a half for ten": {"", func(o *erpbridge.Order) {
			o.Lines[1].Quantity = erptest.Dec("1.5")
			o.Lines[1].Extended = eur("10.00")
			o.Total = eur("41.95")
		}, "<VPREI>100.00</VPREI><PEINH>15</PEINH>"},
		"a quantity finer than SAP's": {"", func(o *erpbridge.Order) {
			o.Lines[1].Quantity = erptest.Dec("0.0001")
			o.Lines[1].Extended = eur("19.90")
		}, "held"},
		"an item below nought ends with its minus": {"mapping: {items: {unknown: as-is}, customer: {default: \"1\"}, shipping: {as: charge, code: HD00}, gift_card_redeemed: {code: GIFT}, tax: {default: A1}}\n", func(o *erpbridge.Order) {
			o.Credits = []erpbridge.Credit{{Kind: erpbridge.GiftCardCredit, Amount: eur("5.00")}}
			o.Total = eur("46.85")
		}, "<VPREI>5.00-</VPREI>"},
		"a charge below nought is positive, by '-'": {"", func(o *erpbridge.Order) {
			o.Credits = []erpbridge.Credit{{Kind: erpbridge.GiftCardCredit, Amount: eur("5.00")}}
			o.Total = eur("46.85")
		}, "<ALCKZ>-</ALCKZ><KSCHL>ZGIF</KSCHL><KOTXT>gift-card</KOTXT><BETRG>5.00</BETRG>"},
		"it does not add up": {"", func(o *erpbridge.Order) { o.Total = eur("52.85") }, "held"},
	} {
		t.Run(name, func(t *testing.T) {
			o := placed()
			bill := *o.BillTo
			o.BillTo = &bill
			c.change(o)
			if strings.HasPrefix(name, "a finer price") {
				o.Total = eur("51.85")
			}
			docs, err := open(t, c.more).Translate(event(o))
			if c.want == "held" {
				if erpbridge.KindOf(err) != erpbridge.Held {
					t.Fatalf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if body := string(docs[0].Body); !strings.Contains(body, c.want) {
				t.Errorf("no %s in\n%s", c.want, readable(t, docs[0].Body))
			}
		})
	}
}

func TestIdentify(t *testing.T) {
	seen := map[string]string{}
	for i := range 20_000 {
		name := "shop-eu/order/" + strings.Repeat("1", i%7) + time.Duration(i).String()
		id := identify(name)
		if !docnumShape.MatchString(id.docnum) || !messageShape.MatchString(id.message) || len(id.arckey()) > 70 {
			t.Fatalf("%+v", id)
		}
		if id != identify(name) {
			t.Fatal("another identity for the same name")
		}
		for _, part := range []string{id.docnum, id.message} {
			if other, ok := seen[part]; ok && other != name {
				t.Fatalf("%s and %s are both %s", name, other, part)
			}
			seen[part] = name
		}
	}
}

func TestCustomerNumbers(t *testing.T) {
	erp := open(t, creating)
	want := map[string]string{"7001": "E0000005EH", "7": "E000000007", "6763154243907": "E02EAYWVJE7"}
	for id, number := range want {
		o := placed()
		o.Customer.ID = id
		docs := translate(t, erp, event(o))
		if got := docs[0].Record; len(number) == 10 && got != "DEBMAS/"+number {
			t.Errorf("%s is %s, want %s", id, got, number)
		}
		if !strings.Contains(string(docs[1].Body), "<PARTN>"+strings.TrimPrefix(docs[0].Record, "DEBMAS/")+"</PARTN>") {
			t.Error("the order is not the customer's")
		}
	}
	for _, id := range []string{"", "gid-7", "007", "99999999999999999"} {
		o := placed()
		o.Customer.ID = id
		docs, err := erp.Translate(event(o))
		if id == "" && (err != nil || len(docs) != 1) {
			t.Errorf("a guest: %d documents, %v", len(docs), err)
		}
		if id != "" && erpbridge.KindOf(err) != erpbridge.Held {
			t.Errorf("%q: %v", id, err)
		}
	}
}
