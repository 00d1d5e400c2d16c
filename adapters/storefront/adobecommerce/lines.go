package adobecommerce

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/quagmt/udecimal"

	"github.com/hakooi/erpbridge"
)

// A share is the money of a line, or of shipping: what all pieces come to ex tax, what
// is taken off that, the tax in what is taken off, the fixed product tax, and the tax.
type share [5]erpbridge.Money

const (
	gross = iota
	discount
	compensation
	weee
	tax
)

// readShare reads the money of an item.
func readShare(t till, at string, a *amountsBody) share {
	var s share
	s[gross], _ = t.amount(at, "row_total", a.BaseRowTotal, a.RowTotal)
	s[discount], _ = t.size(at, "discount_amount", a.BaseDiscount, a.Discount)
	s[compensation], _ = t.amount(at, "discount_tax_compensation_amount", a.BaseCompensation, a.Compensation)
	s[weee], _ = t.amount(at, "weee_tax_applied_row_amount", a.BaseWEEE, a.WEEE)
	s[tax], _ = t.amount(at, "tax_amount", a.BaseTax, a.Tax)
	if s[gross].Amount.IsNeg() {
		t.Fail(at, "row_total", "%s is negative", s[gross])
	}
	return s
}

func (s share) empty() bool {
	for _, m := range s {
		if !m.IsZero() {
			return false
		}
	}
	return true
}

// total returns the sum of shares.
func total(currency string, of []share) share {
	var sum share
	for i := range sum {
		sum[i] = erpbridge.Zero(currency)
	}
	for _, s := range of {
		for i := range sum {
			sum[i] = sum[i].Add(s[i])
		}
	}
	return sum
}

// lineage is an order's items and how they belong together.
type lineage struct {
	items []itemBody
	kin   []kin
}

// kin is one item: its own money as it is written, and its family. An item has a parent
// or children, never both: families have two generations.
type kin struct {
	at       string
	share    share
	unit     erpbridge.Money
	quantity erpbridge.Decimal
	parent   int // -1: none
	children []int
	bundle   bool // the children are delivered as what they are, not as the parent
}

func readLines(t till, items []itemBody) lineage {
	ls := lineage{items, make([]kin, len(items))}
	for i := range items {
		at := place(i)
		ls.kin[i] = kin{
			at:       at,
			share:    readShare(t, at, &items[i].amountsBody),
			unit:     t.price(at, "price", items[i].BasePrice, items[i].Price),
			quantity: t.Quantity(at, "qty_ordered", items[i].Ordered),
			parent:   -1,
		}
	}
	ls.relate()
	return ls
}

func place(i int) string { return "items[" + strconv.Itoa(i) + "]." }

// relate finds each item's parent. A grandchild belongs to the grandparent, and where
// items are each other's ancestors, which nothing real is, each stands alone.
func (ls lineage) relate() {
	byID, byQuote := map[string]int{}, map[string]int{}
	for i := range ls.items {
		item := &ls.items[i]
		if id := itemID(item).Text(); id != "" {
			byID[id] = i
		}
		if id := item.QuoteItemID.Text(); id != "" {
			byQuote[id] = i
		}
	}
	direct := func(i int) int {
		item := &ls.items[i]
		id := item.ParentID.Text()
		if in := item.ParentItem.V; id == "" && in != nil {
			id = in.ItemID.Text()
		}
		p, ok := byID[id]
		if id == "" {
			// The event of a new order may come before the items know each other.
			id = item.QuoteParent.Text()
			p, ok = byQuote[id]
		}
		if !ok || id == "" || p == i {
			return -1
		}
		return p
	}
	const generations = 4
	for i := range ls.items {
		p, up := -1, direct(i)
		for range generations {
			if up < 0 {
				break
			}
			p, up = up, direct(up)
		}
		if up < 0 && p >= 0 {
			ls.kin[i].parent = p
			ls.kin[p].children = append(ls.kin[p].children, i)
		}
	}
	for i := range ls.kin {
		ls.kin[i].bundle = ls.isBundle(i)
	}
}

func itemID(item *itemBody) scalar {
	if item.ItemID.Given() {
		return item.ItemID
	}
	return item.ID
}

// isBundle tells a bundle from a configurable product, which has one child: the variant
// that was chosen.
func (ls lineage) isBundle(i int) bool {
	kids := ls.kin[i].children
	switch {
	case len(kids) == 0:
		return false
	case ls.items[i].ProductType.Text() == "bundle", len(kids) > 1:
		return true
	}
	return ls.items[i].ProductType.Text() != "configurable" && ls.items[i].SKU.Text() != ls.items[kids[0]].SKU.Text()
}

// A reading is one way to understand amounts that say a thing twice, or half.
type reading struct {
	bundles string // parent or children
	apiece  bool   // a row_total that equals the price is of one piece
}

// read returns the first reading in which the order adds up, else the plain one, and
// what the items come to in it.
func (s *Storefront) read(ls lineage, sh sheet) (*reading, []share) {
	ways := []reading{{s.conf.Bundles, false}}
	if s.conf.Bundles == auto {
		ways = []reading{{children, false}, {parent, false}}
		if !slices.ContainsFunc(ls.kin, func(k kin) bool { return k.bundle }) {
			ways = ways[:1]
		}
	}
	if slices.ContainsFunc(ls.kin, kin.doubtful) {
		for _, w := range slices.Clone(ways) {
			ways = append(ways, reading{w.bundles, true})
		}
	}
	plain := ls.resolve(ways[0])
	if sh.off(total(sh.total.Currency, plain)).IsZero() {
		return &ways[0], plain
	}
	for i := range ways[1:] {
		if shares := ls.resolve(ways[1+i]); sh.off(total(sh.total.Currency, shares)).IsZero() {
			return &ways[1+i], shares
		}
	}
	return &ways[0], plain
}

// doubtful reports whether an item's row_total may be of one piece.
func (k kin) doubtful() bool {
	return !k.share[gross].IsZero() && k.share[gross].Amount.Equal(k.unit.Amount) && !k.quantity.Equal(udecimal.One)
}

// resolve returns the share of each item, with every amount counted once. A configurable
// product's child has none.
func (ls lineage) resolve(how reading) []share {
	out := make([]share, len(ls.kin))
	for i, k := range ls.kin {
		out[i] = k.share
		if how.apiece && k.doubtful() {
			out[i][gross] = k.unit.Times(k.quantity)
		}
	}
	for i, k := range ls.kin {
		if len(k.children) == 0 {
			continue
		}
		for f := range out[i] {
			sum := out[i][f].Sub(out[i][f])
			for _, c := range k.children {
				sum = sum.Add(out[c][f])
			}
			// The children keep what they have where they are what is sold, and where they
			// have nothing it stays with the parent, whoever it was asked of: it is not ours
			// to spread.
			if k.bundle && how.bundles == children && !sum.IsZero() {
				out[i][f] = out[i][f].Sub(out[i][f])
				continue
			}
			if out[i][f].IsZero() {
				out[i][f] = sum
			}
			for _, c := range k.children {
				out[c][f] = out[c][f].Sub(out[c][f])
			}
		}
	}
	return out
}

// lines maps the items. A configurable product and the variant that was chosen are one
// line, which has the variant's SKU and the id by which credit memos and shipments speak
// of it: the parent's. The parts of a bundle are lines of their own.
func (ls lineage) lines(t till, shares []share, off func(share) []erpbridge.Discount) []erpbridge.Line {
	out := make([]erpbridge.Line, 0, len(ls.items))
	for i, k := range ls.kin {
		if k.parent >= 0 && !ls.kin[k.parent].bundle {
			continue
		}
		item, variant, at := &ls.items[i], &ls.items[i], k.at
		if len(k.children) > 0 && !k.bundle {
			variant = &ls.items[k.children[0]]
		}
		line := erpbridge.Line{
			ID:        t.ID(at, "item_id", itemID(item)),
			SKU:       cmp.Or(t.Text(at, "sku", variant.SKU), t.Text(at, "sku", item.SKU)),
			ProductID: t.ID(at, "product_id", item.ProductID),
			VariantID: t.ID(at, "product_id", variant.ProductID),
			Title:     cmp.Or(t.Text(at, "name", item.Name), t.Text(at, "name", variant.Name)),
			Kind:      erpbridge.Item,
			Quantity:  k.quantity,
			Unit:      k.unit,
			Extended:  shares[i][gross],
			Discounts: off(shares[i]),
		}
		line.Current = current(t, at, item, line.Quantity)
		switch {
		case k.parent >= 0:
			line.Kind, line.Parent = erpbridge.Component, t.ID(at, "parent_item_id", itemID(&ls.items[k.parent]))
		case item.ProductType.Text() == "giftcard":
			line.Kind = erpbridge.GiftCard
		}
		switch {
		case line.Extended.IsZero():
			line.Unit = line.Extended // what it is sold for is said by another line
		case variant != item && line.Unit.IsZero():
			line.Unit = ls.kin[k.children[0]].unit
		}
		rate := percent(t, at, "tax_percent", item.TaxPercent)
		if variant != item && rate.IsZero() {
			rate = percent(t, at, "tax_percent", variant.TaxPercent)
		}
		if amount := shares[i][tax]; !amount.IsZero() || !rate.IsZero() {
			line.Taxes = []erpbridge.Tax{{Rate: rate, Amount: amount}}
		}
		out = append(out, line)
	}
	return out
}

// current returns what is left of an item after cancellation and refunds.
func current(t till, at string, item *itemBody, ordered erpbridge.Decimal) erpbridge.Decimal {
	left := ordered
	if item.Canceled.Given() {
		left = left.Sub(t.Quantity(at, "qty_canceled", item.Canceled))
	}
	if item.Refunded.Given() {
		left = left.Sub(t.Quantity(at, "qty_refunded", item.Refunded))
	}
	if left.IsNeg() {
		return erpbridge.Decimal{}
	}
	return left
}
