package adobecommerce_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// FuzzVerify: whatever stands in the headers and the body, only the right signature over
// these bytes passes, and what passes has a name and an ID that can be stored.
func FuzzVerify(f *testing.F) {
	body := event(`"type":"` + codeSave + `","event_id":"e1",`)
	good := sign(body, adobes())
	for _, sig := range []string{good, good[:100], good + "=", " " + good, "", "AAAA", strings.Repeat("=", 344), sign(body, strangers())} {
		f.Add(body, sig, keyPath1, codeSave, "e1")
	}
	f.Add([]byte{}, sign(nil, adobes()), keyPath2, "", "")
	f.Add([]byte(`{"recipient_client_id":`), good, "//example.com"+keyPath1, "a\nb", strings.Repeat("x", 200))
	f.Add(fixture(f, "order-event.json"), sign(fixture(f, "order-event.json"), adobes()), keyPath1, codeSave, "x")
	s := open(f, "")
	f.Fuzz(func(t *testing.T, body []byte, sig, path, code, id string) {
		m := message("", body)
		m.ID = ""
		m.Header = http.Header{
			"X-Adobe-Digital-Signature-1": {sig}, "X-Adobe-Public-Key1-Path": {path}, "X-Adobe-Event-Code": {code}, "X-Adobe-Event-Id": {id},
		}
		got, err := s.Verify(m)
		switch kind := erpbridge.KindOf(err); {
		case err == nil || kind == erpbridge.Invalid:
			// PKCS #1 v1.5 signs without chance: there is one signature.
			if strings.Trim(sig, " \t") != sign(body, adobes()) || !bytes.Contains(body, []byte(client)) {
				t.Fatalf("taken without proof: signature %q", sig)
			}
			if got.ID == "" || len(got.ID) > 128 || got.Type == "" || len(got.Type) > 100 || !utf8.ValidString(got.ID+got.Type) {
				t.Fatalf("recorded under %q, %q", got.Type, got.ID)
			}
		case kind != erpbridge.Refused:
			t.Fatalf("kind %s: %v", kind, err)
		}
		if !bytes.Equal(got.Body, body) {
			t.Fatal("the body changed")
		}
	})
}

// FuzzNormalize: no body whatever panics, is read in two ways, or gives an event the
// bridge could not order and store.
func FuzzNormalize(f *testing.F) {
	const small = `{"entity_id":7,"increment_id":"000000007","created_at":"2026-03-01 10:00:00","updated_at":"2026-03-01 10:00:00","base_currency_code":"EUR","order_currency_code":"USD",` +
		`"base_grand_total":"5.00","grand_total":5.5,"items":[{"item_id":1,"sku":"MUG","product_type":"bundle","qty_ordered":2,"base_price":5,"base_row_total":5},` +
		`{"item_id":2,"parent_item_id":1,"qty_ordered":2,"base_row_total":5.000000000000001}],"billing_address":{"street":"a\nb","region":{"region":"x"}},"payment":[]}`
	for _, body := range []string{
		small, `{"data":{"value":` + small + `}}`, `{"event":{"data":{"value":` + small + `}}}`, `{"data":{"value":"{}"}}`, `null`, `[]`, `{}`, `{"data":[]}`,
		strings.Replace(small, `"5.00"`, `1e30`, 1), strings.Replace(small, `"qty_ordered":2`, `"qty_ordered":9999999999999999999`, 1),
		strings.Replace(small, `MUG`, `\u0000\ud83d\ude00`, 1), strings.Replace(small, `"parent_item_id":1`, `"parent_item_id":2`, 1),
		strings.Replace(small, `"items":[`, `"items":{"a":`, 1), strings.Replace(small, `10:00:00`, `25:00:00`, 2),
		`{"entity_id":1,"order_id":2,"base_currency_code":"EUR","base_grand_total":1,"created_at":"2026-03-01 10:00:00","items":[{"qty":1,"base_row_total":1}]}`,
		`{"entity_id":1,"sku":"a","price":"1.5","updated_at":"2026-03-01 10:00:00"}`, `{"product_id":1,"qty":"-3.5"}`,
	} {
		for _, typ := range []string{"order", "creditmemo", "shipment", "customer", "product", "stock_item"} {
			f.Add(typ, []byte(body))
		}
	}
	f.Add("com.adobe.commerce.plugin.magento.sales.api.order_repository.save", []byte(small))
	f.Add("com.adobe.commerce.observer.customer_delete_commit_after", []byte(`{"id":1}`))
	f.Add(".", []byte(small))
	s := open(f, "default_currency: EUR\n")
	f.Fuzz(func(t *testing.T, typ string, body []byte) {
		events, err := s.Normalize(message(typ, body))
		again, errAgain := s.Normalize(message(typ, body))
		if !cmp.Equal(events, again) || (err == nil) != (errAgain == nil) {
			t.Fatal("the same bytes were read in two ways")
		}
		if err != nil {
			if kind := erpbridge.KindOf(err); events != nil || kind != erpbridge.Invalid && kind != erpbridge.Ignored && kind != erpbridge.Held {
				t.Fatalf("kind %s, %d events: %v", kind, len(events), err)
			}
			if len(err.Error()) > 2000 {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		e := events[0]
		if e.Version.At.IsZero() || len(e.Version.Digest) != 64 || !strings.Contains(e.Stream, "/") || e.Resource == "" || e.Store == "" {
			t.Fatalf("an event nobody can order: %+v", e)
		}
		if e.Order != nil { // Sum panics if two currencies met
			e.Order.Sum()
			if e.Order.Presented != nil {
				e.Order.Presented.Sum()
			}
		}
		if e.Refund != nil {
			e.Refund.Sum()
			e.Refund.Paid()
			if e.Refund.Presented != nil {
				e.Refund.Presented.Sum()
				e.Refund.Presented.Paid()
			}
		}
		for _, text := range texts(e) {
			if strings.ContainsAny(text, "\x00\x01\x0b\x1f\ufffe\uffff") || !utf8.ValidString(text) {
				t.Fatalf("a text no ERP can hold: %q", text)
			}
		}
	})
}

// texts returns some of the texts an event carries: those that have ways of their own
// from the body.
func texts(e erpbridge.Event) []string {
	out := []string{e.Stream, e.Resource, e.Number()}
	if o := e.Order; o != nil {
		out = append(out, o.Note, o.Email, o.Phone, o.PO, o.Channel)
		for _, l := range o.Lines {
			out = append(out, l.ID, l.Parent, l.SKU, l.Title, l.ProductID)
		}
		for _, a := range []*erpbridge.Address{o.BillTo, o.ShipTo} {
			if a != nil {
				out = append(out, a.Name, a.Street1, a.Street2, a.Region, a.Country)
			}
		}
	}
	if p := e.Product; p != nil {
		out = append(out, p.ID, p.Title, p.Status, p.Kind)
	}
	if c := e.Customer; c != nil {
		out = append(out, c.ID, c.FirstName, c.Group, c.TaxID)
	}
	return out
}
