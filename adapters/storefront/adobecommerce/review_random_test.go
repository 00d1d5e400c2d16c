package adobecommerce_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
)

// A maker makes orders as the shop calculates them, in cents, and writes them in one of
// the many ways there are.
type maker struct {
	*rand.Rand
	items                                  []map[string]any
	net, discount, compensation, tax, weee int64
	doubled                                bool // a bundle has the sum of its parts, too
	gross                                  bool // the catalogue's prices contain tax
	silent                                 bool // the lines do not say their discounts
}

func (m *maker) yes(of int) bool { return m.IntN(of) == 0 }

// amount writes cents as a number or a text, with four decimals or as few as can be.
func (m *maker) amount(cents int64) any {
	switch m.IntN(4) {
	case 0:
		return fmt.Sprintf("%d.%02d00", cents/100, cents%100)
	case 1:
		return json.Number(fmt.Sprintf("%d.%02d", cents/100, cents%100))
	case 2:
		return fmt.Sprintf("%d.%02d", cents/100, cents%100)
	}
	return float64(cents) / 100
}

func (m *maker) put(to map[string]any, name string, cents int64) {
	if cents == 0 && m.yes(3) {
		switch m.IntN(3) {
		case 0:
			to[name] = nil
		case 1:
			to[name] = "0.0000"
		}
		return
	}
	to[name] = m.amount(cents)
}

// money gives an item amounts, and counts them.
func (m *maker) money(item map[string]any, quantity int64) {
	unit := int64(m.IntN(20000) + 1)
	row := unit * quantity
	item["base_price"] = m.amount(unit)
	item["base_row_total"] = m.amount(row)
	var off, comp, fixed int64
	if m.yes(2) {
		off = row * int64(m.IntN(30)) / 100
		if m.gross {
			comp = off * 19 / 119
		}
	}
	if m.yes(5) {
		fixed = 150 * quantity
	}
	tax := (row - off + comp) * 19 / 100
	if !m.silent {
		m.put(item, "base_discount_amount", off)
		m.put(item, "base_discount_tax_compensation_amount", comp)
	}
	m.put(item, "base_weee_tax_applied_row_amnt", fixed)
	m.put(item, "base_tax_amount", tax)
	m.net, m.discount, m.compensation, m.weee, m.tax = m.net+row, m.discount+off, m.compensation+comp, m.weee+fixed, m.tax+tax
}

func (m *maker) item(typ string, parent int, quantity int64) map[string]any {
	id := len(m.items) + 1
	item := map[string]any{"item_id": id, "order_id": 7, "sku": fmt.Sprintf("S%d", id), "product_type": typ, "qty_ordered": quantity}
	if parent > 0 {
		item["parent_item_id"] = parent
	}
	m.items = append(m.items, item)
	return item
}

func (m *maker) product() {
	quantity := int64(m.IntN(4) + 1)
	switch m.IntN(5) {
	case 0: // configurable: on the parent, or on both
		parent := m.item("configurable", 0, quantity)
		m.money(parent, quantity)
		child := m.item("simple", len(m.items), quantity)
		child["sku"] = parent["sku"]
		if m.yes(2) {
			for name, v := range parent {
				if len(name) > 5 && name[:5] == "base_" {
					child[name] = v
				}
			}
		} else if m.yes(2) {
			child["base_price"], child["base_row_total"], child["base_tax_amount"] = 0, 0, "0.0000"
		}
	case 1: // bundle whose parts are priced; the parent may have their sum
		parent, before := m.item("bundle", 0, quantity), m.net
		id := len(m.items)
		beforeTax, beforeOff, beforeComp, beforeWeee := m.tax, m.discount, m.compensation, m.weee
		for range 2 {
			m.money(m.item("simple", id, quantity), quantity)
		}
		if m.doubled {
			parent["base_row_total"] = m.amount(m.net - before)
			parent["base_tax_amount"] = m.amount(m.tax - beforeTax)
			parent["base_weee_tax_applied_row_amnt"] = m.amount(m.weee - beforeWeee)
			if !m.silent {
				parent["base_discount_amount"] = m.amount(m.discount - beforeOff)
				parent["base_discount_tax_compensation_amount"] = m.amount(m.compensation - beforeComp)
			}
		} else if m.yes(2) {
			parent["base_row_total"], parent["base_price"] = 0, m.amount(m.net-before)
		}
	case 2: // bundle with a price
		m.money(m.item("bundle", 0, quantity), quantity)
		id := len(m.items)
		for range 2 {
			child := m.item("simple", id, quantity)
			if m.yes(2) {
				child["base_row_total"], child["base_price"] = "0.0000", 0
			}
		}
	default:
		m.money(m.item("simple", 0, quantity), quantity)
	}
}

// TestRandomOrdersAddUp: whatever an order is made of, and however it is written, it adds up by
// the shop's formula, in every currency it is in.
func TestRandomOrdersAddUp(t *testing.T) {
	s := reviewed(t, "")
	for seed := range uint64(400) {
		m := &maker{Rand: rand.New(rand.NewPCG(seed, 2))}
		m.gross, m.doubled, m.silent = m.yes(3), m.yes(2), m.yes(6)
		for range m.IntN(4) + 1 {
			m.product()
		}
		o := map[string]any{
			"entity_id": 7, "increment_id": "000000007", "created_at": "2026-03-01 10:00:00", "updated_at": "2026-03-01 10:00:00",
			"base_currency_code": "EUR", "order_currency_code": "EUR", "state": "processing", "items": m.items,
		}
		shipping := int64(m.IntN(2) * 590)
		var off, comp, wrapping, credit int64
		if shipping > 0 {
			o["shipping_method"] = "flatrate_flatrate"
			if m.yes(3) {
				off = shipping / 2
				if m.gross {
					comp = off * 19 / 119
				}
			}
		}
		shippingTax := (shipping - off + comp) * 19 / 100
		m.put(o, "base_shipping_amount", shipping)
		m.put(o, "base_shipping_tax_amount", shippingTax)
		m.put(o, "base_shipping_discount_amount", off)
		m.put(o, "base_shipping_discount_tax_compensation_amnt", comp)
		all := m.discount + off
		if all > 0 {
			o["base_discount_amount"] = "-" + fmt.Sprintf("%d.%02d", all/100, all%100)
		}
		m.put(o, "base_discount_tax_compensation_amount", m.compensation)
		m.put(o, "base_tax_amount", m.tax+shippingTax)
		extra := o
		if m.yes(2) {
			extra = map[string]any{}
			o["extension_attributes"] = extra
		}
		if m.yes(5) {
			wrapping = 350
			m.put(extra, "gw_base_price", wrapping)
		}
		total := m.net - m.discount + m.compensation + m.weee + shipping - off + comp + m.tax + shippingTax + wrapping
		if m.yes(5) {
			credit = min(total, 1000)
			m.put(extra, []string{"base_gift_cards_amount", "base_customer_balance_amount", "base_reward_currency_amount"}[m.IntN(3)], credit)
		}
		o["base_grand_total"] = m.amount(total - credit)
		body, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		es, err := s.Normalize(reviewMessage("order", body))
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, body)
		}
		if order := es[0].Order; !order.Sum().Equal(order.Total) {
			t.Errorf("seed %d (gross %t, doubled %t, silent %t): comes to %s, is %s\n%s", seed, m.gross, m.doubled, m.silent, order.Sum(), order.Total, body)
			return
		}
	}
}

// TestRandomMemosAddUp: a credit memo's parts come to what is paid back, whatever they are.
func TestRandomMemosAddUp(t *testing.T) {
	s := reviewed(t, "")
	for seed := range uint64(300) {
		m := &maker{Rand: rand.New(rand.NewPCG(seed, 4))}
		m.gross, m.silent = m.yes(3), m.yes(6)
		for range m.IntN(4) {
			quantity := int64(m.IntN(3) + 1)
			item := m.item("simple", 0, quantity)
			m.money(item, quantity)
			item["entity_id"], item["order_item_id"], item["qty"] = item["item_id"], item["item_id"], quantity
			if m.yes(3) { // the variant of a configurable product
				m.items = append(m.items, map[string]any{"entity_id": 100 + len(m.items), "order_item_id": 200, "sku": item["sku"], "qty": quantity, "base_price": 0})
			}
		}
		memo := map[string]any{
			"entity_id": 3, "order_id": 7, "created_at": "2026-03-01 10:00:00", "updated_at": "2026-03-01 10:00:00", "state": 2,
			"base_currency_code": "EUR", "order_currency_code": "EUR",
		}
		memo["items"] = append([]map[string]any{}, m.items...)
		shipping, off := int64(m.IntN(600)), int64(0)
		if m.yes(3) {
			off = shipping / 3
		}
		shippingTax := (shipping - off) * 19 / 100
		up, down := int64(m.IntN(2)*250), int64(m.IntN(2)*100)
		m.put(memo, "base_shipping_amount", shipping)
		if m.yes(2) {
			m.put(memo, "base_shipping_tax_amount", shippingTax)
		}
		if all := m.discount + off; all > 0 {
			memo["base_discount_amount"] = fmt.Sprintf("-%d.%02d", all/100, all%100)
		}
		m.put(memo, "base_discount_tax_compensation_amount", m.compensation)
		memo["base_tax_amount"] = m.amount(m.tax + shippingTax)
		m.put(memo, "base_adjustment_positive", up)
		m.put(memo, "base_adjustment_negative", down)
		total := m.net - m.discount + m.compensation + m.weee + m.tax + shipping - off + shippingTax + up - down
		if total < 0 {
			continue
		}
		credit := int64(0)
		if m.yes(4) {
			credit = min(total, 500)
			m.put(memo, "base_customer_balance_amount", credit)
		}
		memo["base_grand_total"] = m.amount(total - credit)
		body, err := json.Marshal(memo)
		if err != nil {
			t.Fatal(err)
		}
		es, err := s.Normalize(reviewMessage("creditmemo", body))
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, body)
		}
		r := es[0].Refund
		if paid, all := r.Paid(); !all || !paid.Equal(r.Sum()) || paid.Amount.String() != json.Number(fmt.Sprintf("%g", float64(total)/100)).String() {
			t.Fatalf("seed %d: comes to %s, paid back %s, want %d\n%s", seed, r.Sum(), paid, total, body)
		}
		for _, l := range r.Lines {
			if l.LineID == "200" {
				t.Fatalf("seed %d: the variant is taken back beside its product\n%s", seed, body)
			}
		}
	}
}
