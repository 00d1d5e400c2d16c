package fo

import (
	"flag"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestTranslateGolden(t *testing.T) {
	e := open(t, "")
	for name, o := range map[string]*erpbridge.Order{"placed": placed(), "awkward": awkward(), "yen": yen()} {
		d := document(t, e, o)
		erptest.Golden(t, *update, name+".xml", d.Body)
		if d.Kind != "SalesOrder" || d.Record != "SalesOrder/shop-us-"+o.ID || d.Target != "fo" || !strings.HasPrefix(d.Key, "shop-us/order/"+o.ID+"/20260314") {
			t.Errorf("%+v", d)
		}
	}
}

// The amounts of the lines come to the order's total, to the minor unit, and each of them
// is what F&O works out of price, discount and quantity.
func TestAmountsAddUp(t *testing.T) {
	for name, more := range map[string]string{
		"net discounts":  "",
		"line discounts": "  discounts: {code: DISCOUNT, lines: line}\n",
		"item discounts": "  discounts: {code: DISCOUNT, lines: item}\n",
		"spread":         "  discounts: {order: spread}\n",
		"spread, line":   "  discounts: {order: spread, lines: line}\n",
	} {
		t.Run(name, func(t *testing.T) {
			text := settings
			if more != "" {
				text = strings.Replace(settings, "  discounts: {code: DISCOUNT}\n", more, 1)
			}
			erp, err := New("fo", decodeYAML(text), nil)
			if err != nil {
				t.Fatal(err)
			}
			e := erp.(*ERP)
			for _, o := range []*erpbridge.Order{placed(), awkward(), yen()} {
				d, err := e.read(document(t, e, o))
				if err != nil {
					t.Fatal(err)
				}
				sum := erpbridge.Decimal{}
				for i, l := range d.lines {
					amount := erptest.Dec(l.get(fieldAmount))
					sum = sum.Add(amount)
					worked := erptest.Dec(or(l.get("SALESPRICE"), "0")).Sub(erptest.Dec(or(l.get("LINEDISCOUNTAMOUNT"), "0"))).Mul(erptest.Dec(l.get(fieldQuantity)))
					if per := l.get("SALESPRICEQUANTITY"); per != "" {
						worked, err = worked.Div(erptest.Dec(per))
						if err != nil {
							t.Fatal(err)
						}
					}
					if !worked.Equal(amount) {
						t.Errorf("order %s, line %d: F&O works out %s, we say %s", o.Number, i+1, worked, amount)
					}
				}
				if !sum.Equal(o.Total.Amount) {
					t.Errorf("order %s: the lines come to %s, the order to %s", o.Number, sum, o.Total)
				}
			}
		})
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// A line keeps its lot id when others come and go, and no two lines share one.
func TestLotIDs(t *testing.T) {
	e := open(t, "")
	lots := func(o *erpbridge.Order) map[string]string {
		d, err := e.read(document(t, e, o))
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		seen := map[string]bool{}
		for _, l := range d.lines {
			lot := l.get(fieldLot)
			if seen[lot] || len(lot) > 20 || !strings.HasPrefix(lot, "EB") {
				t.Errorf("lot %q", lot)
			}
			seen[lot] = true
			out[l.get(fieldItem)] = lot
		}
		return out
	}
	before := lots(placed())
	o := placed()
	o.Lines = append([]erpbridge.Line{erptest.Item("NEW", "Before all", "1", "5.00", "USD")}, o.Lines...)
	o.Total = usd("56.85")
	after := lots(o)
	for name, lot := range before {
		if after[name] != lot {
			t.Errorf("%s was %s and is %s", name, lot, after[name])
		}
	}
	other := placed()
	other.ID = "5999"
	for name, lot := range lots(other) {
		if before[name] == lot {
			t.Errorf("%s of two orders is %s", name, lot)
		}
	}
	long := open(t, "lot_prefix: ABCD\n")
	if lot := document(t, long, placed()); !strings.Contains(string(lot.Body), "<INVENTORYLOTID>ABCD") {
		t.Error("the prefix is not used")
	}
}

// Each field with a length, at its length and beyond. Keys are held, never cut.
func TestFieldRules(t *testing.T) {
	e := open(t, "")
	for _, fields := range [][]field{headerFields, lineFields} {
		for _, f := range fields {
			if f.rule.Length == 0 {
				continue
			}
			exact := strings.Repeat("x", f.rule.Length)
			r, err := e.record([]field{f}, map[string]string{f.name: exact}, nil)
			if err != nil || r.get(f.name) != exact {
				t.Errorf("%s at its length: %v", f.name, err)
			}
			r, err = e.record([]field{f}, map[string]string{f.name: exact + "x"}, nil)
			switch keyed := erpbridge.KindOf(err) == erpbridge.Held; {
			case slices.Contains(strings.Fields("SALESORDERNAME DELIVERYADDRESSNAME DELIVERYADDRESSDESCRIPTION LINEDESCRIPTION"), f.name):
				if keyed || !strings.HasSuffix(r.get(f.name), "…") || len(utf16.Encode([]rune(r.get(f.name)))) > f.rule.Length {
					t.Errorf("%s is not cut: %v", f.name, err)
				}
			case slices.Contains(strings.Fields("EMAIL EXTERNALITEMNUMBER"), f.name):
				if keyed || r.get(f.name) != "" {
					t.Errorf("%s is not left out: %v", f.name, err)
				}
			default:
				if !keyed || !strings.Contains(err.Error(), f.name) {
					t.Errorf("%s, one too long: %v", f.name, err)
				}
			}
			// Two units of UTF-16 are two.
			if _, err := e.record([]field{f}, map[string]string{f.name: strings.Repeat("😀", f.rule.Length)}, nil); f.rule.Overflow == 0 && err == nil {
				t.Errorf("%s takes twice its length", f.name)
			}
			if _, err := e.record([]field{f}, map[string]string{f.name: "a\x01b"}, nil); err == nil {
				t.Errorf("%s takes a control character", f.name)
			}
		}
	}
	longer := open(t, "lengths: {DELIVERYADDRESSCITY: 80}\n")
	r, err := longer.record(headerFields, map[string]string{"DELIVERYADDRESSCITY": strings.Repeat("x", 80)}, nil)
	if err != nil || len(r.get("DELIVERYADDRESSCITY")) != 80 {
		t.Errorf("a field made longer: %v", err)
	}
}

// What is written is what is read, whatever characters it has.
func TestTextsSurvive(t *testing.T) {
	e := open(t, "")
	for _, text := range []string{
		`</LINEDESCRIPTION><ITEMNUMBER>X</ITEMNUMBER>`, `a & b < c > "d" 'e'`, "]]>", "<!-- x -->", "zwei\nZeilen", "Wagen\r\nRücklauf", "tab\tulator", "湯のみ 😀", " blanks ", "=1+1",
	} {
		o := placed()
		o.Lines[1].Title = text
		o.ShipTo.Name = text
		d := document(t, e, o)
		read, err := e.read(d)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got := read.lines[1].get("LINEDESCRIPTION"); got != text {
			t.Errorf("%q became %q", text, got)
		}
		if len(read.lines) != 4 {
			t.Errorf("%q: %d lines", text, len(read.lines))
		}
	}
}

func TestConstantsAndOtherEntities(t *testing.T) {
	e := open(t, "headers: {name: Sales order headers V3, element: SALESORDERHEADERV3ENTITY, collection: SalesOrderHeadersV3, fields: {SALESORDERORIGINCODE: WEB}}\n"+
		"lines: {fields: {SHIPPINGSITEID: \"1\"}}\n")
	body := string(document(t, e, placed()).Body)
	for _, want := range []string{"<SALESORDERHEADERV3ENTITY>", "<SALESORDERORIGINCODE>WEB</SALESORDERORIGINCODE></SALESORDERHEADERV3ENTITY>", "<SHIPPINGSITEID>1</SHIPPINGSITEID></SALESORDERLINEV2ENTITY>"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
	// A document of other entities is not sent by mistake.
	r := deliver(t, open(t, ""), erpbridge.Document{Key: "k", Body: []byte(body)})
	wantKind(t, erpbridge.Invalid, r.Err)
}

// What a data package cannot tell.
func TestNotTold(t *testing.T) {
	cancelled := placed()
	cancelled.CancelledAt = cancelled.PlacedAt
	refund := erpbridge.Event{Store: "shop-us", Type: erpbridge.RefundIssued, Stream: "order/5001", Refund: &erpbridge.Refund{
		ID: "9", OrderID: "5001", Currency: "USD", PostingDate: "2026-03-15",
		Adjustments: []erpbridge.Adjustment{{Amount: usd("5.00"), Tax: usd("0.00")}},
	}}
	ignoring := strings.Replace(settings, "mapping:\n", "mapping:\n  cancel: ignore\n  refund: {as: ignore}\n", 1)
	erp, err := New("fo", decodeYAML(ignoring), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		ev   erpbridge.Event
		want [2]erpbridge.Kind // as it comes, and set to ignore
	}{
		"cancelled order": {event(cancelled), [2]erpbridge.Kind{erpbridge.Held, erpbridge.Ignored}},
		"cancellation":    {erpbridge.Event{Store: "shop-us", Type: erpbridge.OrderCancelled, Stream: "order/5001", Cancellation: &erpbridge.Cancellation{OrderID: "5001"}}, [2]erpbridge.Kind{erpbridge.Held, erpbridge.Ignored}},
		"refund":          {refund, [2]erpbridge.Kind{erpbridge.Held, erpbridge.Ignored}},
		"fulfilment":      {erpbridge.Event{Type: erpbridge.FulfilmentChanged, Fulfilment: &erpbridge.Fulfilment{}}, [2]erpbridge.Kind{erpbridge.Ignored, erpbridge.Ignored}},
		"nothing":         {erpbridge.Event{Type: erpbridge.OrderChanged}, [2]erpbridge.Kind{erpbridge.Invalid, erpbridge.Invalid}},
	} {
		for i, e := range []erpbridge.ERP{open(t, ""), erp} {
			docs, err := e.Translate(c.ev)
			if len(docs) != 0 {
				t.Errorf("%s: %d documents", name, len(docs))
			}
			if got := erpbridge.KindOf(err); got != c.want[i] {
				t.Errorf("%s: %s, want %s: %v", name, got, c.want[i], err)
			}
		}
	}
}

func TestHeld(t *testing.T) {
	e := open(t, "")
	off := placed()
	off.Total = usd("52.85")
	_, err := e.Translate(event(off))
	wantKind(t, erpbridge.Held, err)
	if err == nil || !strings.Contains(err.Error(), "1.00") {
		t.Errorf("the difference is not named: %v", err)
	}
	number := placed()
	number.Number = "#" + strings.Repeat("1", 30)
	_, err = e.Translate(event(number))
	wantKind(t, erpbridge.Held, err)
}

// Documents that are none of ours are not sent.
func TestReadRefuses(t *testing.T) {
	e := open(t, "")
	good := string(document(t, e, placed()).Body)
	if _, err := e.read(erpbridge.Document{Body: []byte(good)}); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"nothing":      "",
		"other root":   "<Order/>",
		"no header":    good[:strings.Index(good, "<SALESORDERHEADER")] + good[strings.Index(good, "<SALESORDERLINE"):],
		"no lines":     good[:strings.Index(good, "<SALESORDERLINE")] + "</Document>",
		"two headers":  strings.Replace(good, "<Document>", "<Document><SALESORDERHEADERV2ENTITY><SALESORDERNUMBER>1</SALESORDERNUMBER></SALESORDERHEADERV2ENTITY>", 1),
		"no lot":       strings.Replace(good, "INVENTORYLOTID>", "INVENTORYLOTX>", 2),
		"no number":    strings.Replace(good, "SALESORDERNUMBER>", "SALESORDERX>", 2),
		"bad quantity": strings.Replace(good, "<ORDEREDSALESQUANTITY>2<", "<ORDEREDSALESQUANTITY>two<", 1),
		"doctype":      "<!DOCTYPE x>" + good,
		"no reference": strings.Replace(good, "CUSTOMERSORDERREFERENCE>", "CUSTOMERSX>", 2),
	} {
		if body == good {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := e.read(erpbridge.Document{Body: []byte(body)}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestEqual(t *testing.T) {
	for _, c := range []struct {
		theirs, ours string
		want         bool
	}{
		{"20", "20.00", true},
		{"20.00", "20", true},
		{"1E+1", "10", true},
		{"58.300000000000004", "58.30", true},
		{"58.31", "58.30", false},
		{"-5", "5", false},
		{"", "0", false},
		{"1e999999999", "1", false},
		{"NaN", "1", false},
	} {
		if got := equal(jsonNumber(c.theirs), c.ours); got != c.want {
			t.Errorf("%s and %s: %v", c.theirs, c.ours, got)
		}
	}
}

func TestOwner(t *testing.T) {
	got := map[string]string{}
	for _, ref := range []string{"shop-us-5001 [0123456789ab]", "shop [x]-1 [0123456789ab]", "shop-us-5001", ""} {
		got[ref] = owner(ref)
	}
	want := map[string]string{"shop-us-5001 [0123456789ab]": "shop-us-5001", "shop [x]-1 [0123456789ab]": "shop [x]-1", "shop-us-5001": "shop-us-5001", "": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
