package woocommerce_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// TestEveryMemberMayBeAnything: whatever stands in place of a member, and where it is left
// out, nothing panics, an error has a kind that says what to do, and an event is one that
// the bridge can order, check and tell again.
func TestEveryMemberMayBeAnything(t *testing.T) {
	s := open(t, "default_currency: EUR\ngift_cards: credit\ntax_id_meta: _vat\npo_number_meta: _po_number\nattributes: [_erp]\n")
	for name, topic := range map[string]string{
		"order-coupon": "order.updated", "order-gift-card": "order.created", "order-refunded-in-part": "order.updated",
		"refund-enveloped": "refund.created", "refund-shipping-and-fee": "refund.created", "customer": "customer.updated",
		"product-bundle": "product.updated", "product-variation": "product.updated",
	} {
		storefronttest.AnyMember(t, s, fixture(t, name), func(mutant []byte) erpbridge.Message { return message(topic, mutant) }, ordered)
	}
}

// ordered says what an order lacks besides, or "".
func ordered(e erpbridge.Event) string {
	o := e.Order
	switch {
	case o == nil:
	case o.Number == "":
		return "no number"
	case o.Total.Equal(o.Sum()) && !taxedInLines(o).Equal(o.TaxTotal):
		return fmt.Sprintf("the taxes of all lines come to %s, not %s", taxedInLines(o), o.TaxTotal)
	}
	return ""
}

// sale returns an order with members in place of its own or beside them.
func sale(t *testing.T, members string) []byte {
	t.Helper()
	o := map[string]json.RawMessage{}
	for _, text := range []string{`{
		"id":1,"number":"1","status":"processing","currency":"EUR","total":"24.00","total_tax":"4.00",
		"date_created_gmt":"2026-11-23T10:00:00","date_modified_gmt":"2026-11-23T10:00:00","date_paid_gmt":"2026-11-23T10:00:00",
		"line_items":[{"id":7,"name":"Mug","product_id":71,"quantity":2,"subtotal":"15.00","total":"15.00","total_tax":"3.00","taxes":[{"id":1,"total":"3.0"}],"meta_data":[]}],
		"shipping_lines":[{"id":8,"method_title":"Post","total":"5.00","total_tax":"1.00","taxes":[{"id":1,"total":"1"}]}],
		"tax_lines":[{"rate_id":1,"label":"VAT","tax_total":"3.00","shipping_tax_total":"1.00","rate_percent":20}],
		"fee_lines":[],"coupon_lines":[],"refunds":[],"meta_data":[]}`, `{` + members + `}`} {
		var more map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &more); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		for k, v := range more {
			o[k] = v
		}
	}
	body, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// TestShapesOfPlugins: what plugins make of an order's members is read, or seen in the
// difference; and no order is lost for what nobody reads.
func TestShapesOfPlugins(t *testing.T) {
	const mug = `{"id":"7","name":"Mug","product_id":"71","variation_id":"","quantity":"2.00","sku":null,"subtotal":15,"total":15.0,"total_tax":"3","taxes":%s,"meta_data":%s,"price":"7.5"}`
	line := func(taxes, meta string) string {
		return strings.Replace(strings.Replace(mug, "%s", taxes, 1), "%s", meta, 1)
	}
	plain := line(`[]`, `[]`)
	for name, tt := range map[string]struct {
		members string
		off     string
	}{
		"as WooCommerce writes it":           {``, ""},
		"ids, amounts and counts by types":   {`"id":"1","total":24,"line_items":[` + plain + `]`, ""},
		"lines with a gap":                   {`"line_items":{"3":` + plain + `}`, ""},
		"two lines with a gap":               {`"total":"42.00","line_items":{"1":` + plain + `,"3":` + plain + `}`, ""},
		"taxes with a gap":                   {`"line_items":[` + line(`{"1":{"id":1,"total":"3"}}`, `[]`) + `]`, ""},
		"refunds with a gap":                 {`"refunds":{"1":{"id":9,"total":"-1.00"}}`, ""},
		"a refund that was deleted":          {`"refunds":[{"id":null,"reason":null,"total":null}]`, ""},
		"meta data with a gap":               {`"meta_data":{"2":{"key":"a","value":"b"}}`, ""},
		"meta data as names and values":      {`"meta_data":{"a":"b","c":{"d":[1]}}`, ""},
		"meta data of anything":              {`"meta_data":[null,"x",1,[],{"key":{"a":1},"value":[1]},{"id":1}]`, ""},
		"meta data as a text":                {`"meta_data":"a:0:{}"`, ""},
		"a line's meta data of anything":     {`"line_items":[` + line(`[]`, `{"0":{"key":"a","display_key":["x"],"value":{"b":1}},"1":null}`) + `]`, ""},
		"AvaTax: rates by name":              {`"tax_lines":[{"rate_id":"AVATAX-DE","rate_code":"AVATAX","label":"Tax","rate_percent":null}],"line_items":[` + line(`[{"id":"AVATAX-DE","total":"2.999999"}]`, `[]`) + `]`, ""},
		"a tip as a fee":                     {`"total":"27.00","fee_lines":[{"id":9,"name":"Tip","total":"3.00","total_tax":"0.00","taxes":[]}]`, ""},
		"a fee that takes off, with its tax": {`"total":"21.60","fee_lines":[{"id":9,"name":"Loyalty","total":"-2.00","total_tax":"-0.40","taxes":[{"id":1,"total":"-0.4"}]}]`, ""},
		"a renewal that costs nothing":       {`"total":"0.00","total_tax":"0.00","shipping_lines":[],"line_items":[{"id":7,"quantity":1,"subtotal":"15.00","total":"0.00","total_tax":"0.00","taxes":[]}]`, ""},
		"a bundle whose parts have prices":   {`"total":"33.00","line_items":[` + plain + `,{"id":9,"bundled_by":7,"quantity":1,"subtotal":"9.00","total":"9.00","total_tax":"0.00","taxes":[]}]`, ""},
		"a rate with its sign":               {`"tax_lines":[{"rate_id":1,"label":"VAT","rate_percent":"20.00 %"}]`, ""},
		"amounts as floats":                  {`"total":24.000000000000004,"line_items":[{"id":7,"quantity":2,"total":15.000000000000002,"total_tax":2.9999999999999996,"taxes":[{"id":1,"total":2.9999999999999996}]}]`, ""},
		"transport that is free":             {`"total":"18.00","shipping_lines":[{"id":8,"method_title":"Free","total":"","total_tax":""}]`, ""},
		"transport without an amount":        {`"shipping_lines":[{"id":8,"method_title":"Post","total":null,"total_tax":null}]`, "6.00"},
		"a fee without an amount":            {`"fee_lines":[{"id":9,"name":null,"total":null,"total_tax":null}]`, ""},
		"a fee with another subtotal":        {`"total":"27.00","fee_lines":[{"id":9,"name":"Tip","subtotal":"4.00","total":"3.00"}]`, ""},
		"a list of finer taxes":              {`"tax_lines":[{"rate_id":1,"label":"VAT","tax_total":"3.0012","shipping_tax_total":"0.9988","rate_percent":20}]`, ""},
		"twins that were written in turn":    {`"date_modified":"2026-11-23T11:00:02"`, ""},
		"a payment that never was":           {`"date_paid":"0000-00-00 00:00:00","date_paid_gmt":"0000-00-00 00:00:00"`, ""},
		"lists that are false":               {`"coupon_lines":false,"refunds":false,"fee_lines":false,"line_items":[` + line(`false`, `false`) + `]`, ""},
		"times as MySQL writes them":         {`"date_created_gmt":"2026-11-23 10:00:00","date_created":"2026-11-23 11:00:00"`, ""},
		"a deposit that lowers the total":    {`"total":"10.00"`, "-14.00"},
		"store credit that lowers the total": {`"total":"20.00","coupon_lines":[{"code":"SC","discount":"4.00","discount_type":"smart_coupon"}]`, "-4.00"},
		"a tax that no line has":             {`"total":"30.00","total_tax":"10.00"`, "6.00"},
		"a line's tax that is missing":       {`"line_items":[` + strings.Replace(plain, `"total_tax":"3"`, `"total_tax":""`, 1) + `]`, "3.00"},
		"a line's tax that is too much":      {`"line_items":[` + strings.Replace(plain, `"total_tax":"3"`, `"total_tax":"300"`, 1) + `]`, "-297.00"},
		"tax rounded at the subtotal":        {`"total":"24.01","total_tax":"4.01","line_items":[` + line(`[{"id":1,"total":"3.004"}]`, `[]`) + `],"shipping_lines":[{"id":8,"total":"5.00","total_tax":"1.00","taxes":[{"id":1,"total":"1.004"}]}]`, ""},
	} {
		e := event(t, open(t, ""), "order.updated", sale(t, tt.members))
		if got := missing(e.Order); got != tt.off {
			t.Errorf("%s: off by %q, want %q", name, got, tt.off)
		}
		if !taxedInLines(e.Order).Equal(e.Order.TaxTotal) {
			t.Errorf("%s: the taxes of all lines come to %s, not %s", name, taxedInLines(e.Order), e.Order.TaxTotal)
		}
	}
	if _, err := open(t, "").Normalize(message("order.updated", sale(t, `"line_items":{"a":{}}`))); erpbridge.KindOf(err) != erpbridge.Invalid {
		t.Errorf("an object that is no list: %v", err)
	}
	if o := event(t, open(t, ""), "order.updated", sale(t, `"refunds":[{"id":null,"total":null}]`)).Order; o.PaymentStatus != erpbridge.Paid {
		t.Errorf("a refund that was deleted leaves the order %s", o.PaymentStatus)
	}
	if _, err := open(t, "").Normalize(message("order.updated", sale(t, `"meta_data":{"2":{"key":"_wcpay_mode","value":"test"}}`))); erpbridge.KindOf(err) != erpbridge.Ignored {
		t.Errorf("a test order whose meta data has a gap: %v", err)
	}
}

// TestLegacyAPI: a webhook of the API that came before this one says what is to be done.
func TestLegacyAPI(t *testing.T) {
	for topic, body := range map[string]string{
		"order.created":    `{"order":{"id":1,"order_number":"1","created_at":"2026-11-23T10:00:00Z","total":"24.00","line_items":[]}}`,
		"customer.updated": `{"customer":{"id":1,"email":"ada@example.com"}}`,
		"product.updated":  `{"product":{"id":1,"title":"Mug"}}`,
	} {
		_, err := open(t, "").Normalize(message(topic, []byte(body)))
		if erpbridge.KindOf(err) != erpbridge.Invalid || !strings.Contains(err.Error(), "legacy API") {
			t.Errorf("%s: %v", topic, err)
		}
	}
	if _, err := open(t, "").Normalize(message("order.created", []byte(`{"order":"1"}`))); err == nil || !strings.Contains(err.Error(), "id: is missing") {
		t.Errorf("a body that is no one's: %v", err)
	}
}

// TestNoTimeIsNoState: a body that has no time is dated by its arrival, and is one state
// whenever it arrives.
func TestNoTimeIsNoState(t *testing.T) {
	s := open(t, "time_zone: Europe/Berlin\n")
	undated := sale(t, `"date_created_gmt":null,"date_modified_gmt":null,"date_paid_gmt":null`)
	for topic, body := range map[string][]byte{
		"order.updated":  undated,
		"refund.created": []byte(`{"id":9,"order_id":1,"currency":"EUR","amount":"5.00","line_items":[]}`),
	} {
		first, again := message(topic, body), message(topic, body)
		again.ReceivedAt = first.ReceivedAt.Add(25 * time.Hour)
		var digests []string
		for _, m := range []erpbridge.Message{first, again} {
			es, err := s.Normalize(m)
			if err != nil {
				t.Fatalf("%s: %v", topic, err)
			}
			digests = append(digests, es[0].Version.Digest)
			if !es[0].Version.At.Equal(m.ReceivedAt) {
				t.Errorf("%s: dated %s", topic, es[0].Version.At)
			}
		}
		if digests[0] != digests[1] {
			t.Errorf("%s: two states of one body", topic)
		}
	}
	dated := sale(t, `"date_created_gmt":"2026-11-22T10:00:00"`)
	if a, b := event(t, s, "order.updated", dated), event(t, s, "order.updated", sale(t, ``)); a.Version.Digest == b.Version.Digest {
		t.Error("orders of two days are one state")
	}
}

// TestWritingBackIsNoChange: what plugins and ERPs write back to an order, and what
// WooCommerce counts, makes no other version but for the time; what an ERP books does.
func TestWritingBackIsNoChange(t *testing.T) {
	s := open(t, "")
	before := event(t, s, "order.updated", sale(t, ``)).Version
	for name, members := range map[string]string{
		"meta data":         `"meta_data":[{"id":1,"key":"_erp_number","value":"4711"},{"id":2,"key":"synced_at","value":"now"}]`,
		"being shipped":     `"shipment_tracking":[{"tracking_number":"1Z"}],"date_completed_gmt":"2026-11-23T11:00:00"`,
		"being changed":     `"date_modified_gmt":"2026-11-23T12:00:00"`,
		"another version":   `"version":"10.5.0","order_key":"x","customer_ip_address":"192.0.2.1"`,
		"hidden meta data":  `"line_items":[{"id":7,"name":"Mug","product_id":71,"quantity":2,"subtotal":"15.00","total":"15.00","total_tax":"3.00","taxes":[{"id":1,"total":"3.0"}],"meta_data":[{"key":"_reduced_stock","value":"2"}]}]`,
		"order of statuses": `"status":"completed"`,
	} {
		if got := event(t, s, "order.updated", sale(t, members)).Version; got.Digest != before.Digest || got.Rank != before.Rank {
			t.Errorf("%s makes another version", name)
		}
	}
	for name, members := range map[string]string{
		"a refund":      `"refunds":[{"id":9,"total":"-1.00"}]`,
		"an address":    `"shipping":{"city":"Graz"}`,
		"a note":        `"customer_note":"ring twice"`,
		"a payment":     `"date_paid_gmt":null`,
		"cancellation":  `"status":"cancelled"`,
		"a number":      `"number":"WEB-1"`,
		"a transaction": `"transaction_id":"ch_1"`,
	} {
		if got := event(t, s, "order.updated", sale(t, members)).Version; got.Digest == before.Digest {
			t.Errorf("%s makes no other version", name)
		}
	}
}

// missing returns what an order's total has more than its parts, or "".
func missing(o *erpbridge.Order) string {
	if off := o.Total.Sub(o.Sum()); !off.IsZero() {
		return off.Plain()
	}
	return ""
}

// taxedInLines returns what the taxes of an order's parts come to.
func taxedInLines(o *erpbridge.Order) erpbridge.Money {
	sum := erpbridge.Zero(o.Currency)
	for _, l := range o.Lines {
		sum = sum.Add(l.Tax())
	}
	for _, sh := range o.Shipping {
		sum = sum.Add(sh.Tax())
	}
	for _, c := range o.Charges {
		for _, tax := range c.Taxes {
			sum = sum.Add(tax.Amount)
		}
	}
	return sum
}

// TestListPassesWhatItCannotRead: an order whose refunds are no list, and a refund whose
// lines are none, are listed for Normalize to refuse; those around them come through.
func TestListPassesWhatItCannotRead(t *testing.T) {
	s := newShop(t)
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Query().Get("status") == "trash":
			_, _ = w.Write([]byte(`[]`))
		case strings.HasSuffix(r.URL.Path, "/orders"):
			_, _ = fmt.Fprintf(w, `[%s,%s,%s]`, sale(t, ``), sale(t, `"id":2,"refunds":"x"`), sale(t, `"id":3,"refunds":{"1":{"id":9,"total":"-1.00"}}`))
		default:
			_, _ = w.Write([]byte(`[{"id":9,"amount":"1.00","line_items":"x","date_created_gmt":"2026-11-23T10:00:00"}]`))
		}
	}
	front := s.open("", "")
	page, err := front.(erpbridge.Lister).List(t.Context(), time.Time{}, "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range page.Messages {
		m.ReceivedAt = received
		_, err := front.Normalize(m)
		id, _, _ := strings.Cut(m.ID, "@")
		got = append(got, strings.TrimSpace(id+" "+string(erpbridge.KindOf(err))))
	}
	if text := strings.Join(got, ", "); text != "poll:order/1, poll:order/2 invalid, poll:order/3, poll:refund/9 invalid" {
		t.Errorf("listed %s", text)
	}
}

// TestListPassesWhatHasNoName: an order or a refund without an id is listed for Normalize to
// refuse, and is the same message each time. What is null tells nothing: it stops the list.
func TestListPassesWhatHasNoName(t *testing.T) {
	list := func(order, refund string) (string, error) {
		s := newShop(t)
		s.answer = func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Query().Get("status") == "trash":
				_, _ = w.Write([]byte(`[]`))
			case strings.HasSuffix(r.URL.Path, "/orders"):
				_, _ = fmt.Fprintf(w, `[%s,%s,%s]`, sale(t, `"id":2,"refunds":[{"id":9}]`), order, sale(t, `"id":3`))
			default:
				_, _ = fmt.Fprintf(w, `[%s,{"id":9,"amount":"1.00","date_created_gmt":"2026-11-23T10:00:00"}]`, refund)
			}
		}
		front := s.open("", "")
		page, err := front.(erpbridge.Lister).List(t.Context(), time.Time{}, "")
		if err != nil {
			return "", err
		}
		again, err := front.(erpbridge.Lister).List(t.Context(), time.Time{}, "")
		if !cmp.Equal(page, again) {
			t.Errorf("%s: listed again it is another page, %v", order, err)
		}
		var got []string
		for _, m := range page.Messages {
			m.ReceivedAt = received
			_, err := front.Normalize(m)
			id, rest, _ := strings.Cut(m.ID, "@")
			if name, _, hashed := strings.Cut(rest, ":"); hashed && name == "sha256" {
				id += "@" + name
			}
			got = append(got, strings.TrimSpace(id+" "+string(erpbridge.KindOf(err))))
		}
		return strings.Join(got, ", "), nil
	}
	const want = "poll:order/@sha256 invalid, poll:order/2, poll:refund/@sha256 invalid, poll:refund/9, poll:order/3"
	for _, odd := range []string{`7`, `[]`, `{}`, `{"id":"x","date_modified_gmt":"2026-11-23T10:00:00","date_created_gmt":"2026-11-23T10:00:00","line_items":[],"amount":"1.00"}`} {
		if got, err := list(odd, odd); err != nil || got != want {
			t.Errorf("%s: listed %s, %v", odd, got, err)
		}
	}
	for _, null := range [][2]string{{`null`, `{"id":8,"amount":"1.00"}`}, {string(sale(t, `"id":4`)), `null`}} {
		if got, err := list(null[0], null[1]); erpbridge.KindOf(err) != erpbridge.Transient {
			t.Errorf("%s: listed %s, %v", null, got, err)
		}
	}
}

// TestListGoesOnWhereTheShopWasBusy: a page whose refunds are more than the shop answers at
// once is listed in parts, and never from its beginning again.
func TestListGoesOnWhereTheShopWasBusy(t *testing.T) {
	s, budget := newShop(t), 2
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		switch after := r.URL.Query().Get("modified_after"); {
		case r.URL.Query().Get("status") == "trash":
			_, _ = w.Write([]byte(`[]`))
		case strings.HasSuffix(r.URL.Path, "/orders"):
			var found []string
			for i := 1; i <= 5; i++ {
				if at := fmt.Sprintf("2026-11-23T10:00:%02d", 10*i); at > after {
					found = append(found, string(sale(t, fmt.Sprintf(`"id":%d,"date_modified_gmt":"%s","refunds":[{"id":%d,"total":"-1.00"}]`, i, at, 100+i))))
				}
			}
			_, _ = w.Write([]byte("[" + strings.Join(found, ",") + "]"))
		default:
			if budget--; budget < 0 {
				budget = 2
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			_, _ = w.Write([]byte(`[{"id":9,"amount":"1.00","date_created_gmt":"2026-11-23T10:00:00"}]`))
		}
	}
	front, cursor, seen := s.open("", "").(erpbridge.Lister), "", map[string]bool{}
	var until time.Time
	for pages := 0; ; pages++ {
		page, err := front.List(t.Context(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), cursor)
		if err != nil || pages > 10 {
			t.Fatalf("page %d: %v", pages, err)
		}
		if page.Until.Before(until) {
			t.Errorf("until %s, after %s", page.Until, until)
		}
		until = page.Until
		for _, m := range page.Messages {
			id, _, _ := strings.Cut(m.ID, "@")
			seen[id] = true
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	for _, id := range []string{"1", "2", "3", "4", "5"} {
		if !seen["poll:order/"+id] {
			t.Errorf("order %s was not listed", id)
		}
	}
}

// TestTimesThatAreNone: what says that there is no time says that nothing was paid.
func TestTimesThatAreNone(t *testing.T) {
	for _, none := range []string{`null`, `""`, `false`} {
		o := event(t, open(t, ""), "order.updated", sale(t, `"date_paid":`+none+`,"date_paid_gmt":`+none)).Order
		if want := erpbridge.Unpaid; none != `""` && o.PaymentStatus != want || len(o.Payments) > 0 {
			t.Errorf("paid at %s: %s, %v", none, o.PaymentStatus, o.Payments)
		}
	}
}
