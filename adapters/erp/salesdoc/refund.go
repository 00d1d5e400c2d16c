package salesdoc

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/hakooi/erpbridge"
)

// refund makes the document of money paid back.
func (b *building) refund(r *erpbridge.Refund) (*Document, error) {
	if b.Currency == PresentmentSide && r.Presentment != "" && r.Presentment != r.Currency {
		if r.Presented == nil {
			return nil, b.held("the refund was paid in %s and the storefront does not tell all its amounts in it: book it by hand, or set mapping.currency of target %s to shop", r.Presentment, b.target)
		}
		r = r.Presented
	}
	if err := refundCurrency(r); err != nil {
		return nil, err
	}
	d := b.d
	var err error
	if d.Kind, err = b.refundKind(r); err != nil {
		return nil, err
	}
	d.Refund, d.ID, d.OrderID = r, r.ID, r.OrderID
	d.Reference, d.OrderReference = b.reference("refund-"+r.ID), b.reference(r.OrderID)
	if err := cmp.Or(b.ours(d.Reference), b.ours(d.OrderReference)); err != nil {
		return nil, err
	}
	d.Number = b.number("", "R"+r.ID)
	d.PO = cmp.Or(r.OrderNumber, r.OrderID)
	if err := b.money(r.Currency, r.TaxesIncluded, r.Sum()); err != nil {
		return nil, err
	}
	if d.Total.Amount.IsNeg() {
		return nil, b.held("the refund comes to %s: refunds below nought are booked by hand", d.Total)
	}
	if d.Total.IsZero() && len(r.Lines) == 0 {
		return nil, b.ignored("the refund moves neither money nor goods")
	}
	if d.Date = day(r.PostingDate, r.At); !isDay(d.Date) {
		return nil, b.invalid("the posting date %q is not a date", clip(d.Date))
	}
	if err := b.taxOfRefund(r); err != nil {
		return nil, err
	}
	d.Buyer.Number = cmp.Or(b.Customer.ByCurrency[d.Currency], b.Customer.Default)
	for i, l := range r.Lines {
		if err := b.returned(r, i, l); err != nil {
			return nil, err
		}
	}
	if err := b.paidBack(r); err != nil {
		return nil, err
	}
	if err := b.remittedItem(); err != nil {
		return nil, err
	}
	if b.Tax.Mode == ItemTax {
		tax := erpbridge.Zero(d.Currency)
		for i := range d.Items {
			tax = tax.Add(d.Items[i].Tax)
			d.Items[i].Tax, d.Items[i].TaxCode, d.Items[i].TaxRate = erpbridge.Zero(d.Currency), b.Tax.Exempt, erpbridge.Decimal{}
		}
		if err := b.taxItem(tax); err != nil {
			return nil, err
		}
	}
	if err := b.redeemedBack(r); err != nil {
		return nil, err
	}
	for _, note := range []string{r.Reason, r.Note} {
		if note != "" {
			d.Notes = append(d.Notes, note)
		}
	}
	if d.Location, err = b.place(""); err != nil {
		return nil, err
	}
	return d, b.addsUp()
}

// owed says what a refunded line is that is no goods, by the names the rules have for such
// lines: a refund does not tell.
func (b *building) owed(l erpbridge.RefundLine) (kind ItemKind, p Posting, setting string) {
	named := func(names []string) bool {
		return l.SKU != "" && slices.Contains(names, l.SKU) || l.Title != "" && slices.Contains(names, l.Title)
	}
	switch {
	case named(b.Refund.Tips):
		return TipItem, b.Tip, "tip"
	case named(b.Refund.GiftCards):
		return GiftCardItem, b.GiftCardSold, "gift_card_sold"
	}
	return "", Posting{}, ""
}

// returned puts one refunded line on the document.
func (b *building) returned(r *erpbridge.Refund, i int, l erpbridge.RefundLine) error {
	own, remitted := b.divide(taxOf(l.Tax))
	tax := b.share(sum(b.d.Currency, own))
	it := Item{
		Kind: GoodsItem, LineID: l.LineID, SKU: l.SKU, Description: cmp.Or(l.Title, l.SKU, "Refund"), Quantity: l.Quantity,
		Gross: b.gross(l.Amount, tax, remitted, r.TaxesIncluded), Discount: erpbridge.Zero(b.d.Currency), Tax: tax, Restock: l.Restock,
	}
	if it.Quantity.IsZero() && l.Amount.IsZero() && tax.IsZero() && remitted.IsZero() {
		return nil
	}
	var err error
	if it.TaxCode, it.TaxRate, err = b.taxCode(own); err != nil {
		return err
	}
	if kind, p, setting := b.owed(l); kind != "" {
		it.Kind, it.Restock = kind, erpbridge.NoRestock
		if it.Posting, err = b.post(p, setting, fmt.Sprintf("line %d of the refund, %q,", i+1, clip(l.Title)), l.Amount); err != nil {
			return err
		}
		return b.add(it)
	}
	if it.Location, err = b.place(l.Location); err != nil {
		return err
	}
	if p := b.Refund.NoGoods; p.Code != "" && !back(l.Restock) {
		it.Kind, it.Posting, it.Quantity = AdjustmentItem, p, one
		return b.add(it)
	}
	code, err := b.item(i, l.Title, map[ItemKey]string{SKUKey: l.SKU, VariantKey: l.VariantID, ProductKey: l.ProductID})
	if err != nil {
		return err
	}
	it.Posting = Posting{As: AsItem, Code: code}
	if err := b.count(&it); err != nil {
		return err
	}
	return b.add(it)
}

// paidBack puts on the document what is refunded and is no goods.
func (b *building) paidBack(r *erpbridge.Refund) error {
	for _, s := range r.Shipping {
		if s.Amount.IsZero() && s.Tax.IsZero() {
			continue
		}
		p, err := b.titled(b.Shipping, s.Title, "shipping", "refunded shipping", s.Amount)
		if err != nil {
			return err
		}
		if err := b.extra(ShippingItem, p, cmp.Or(s.Title, "Shipping"), s.Amount, taxOf(s.Tax), r.TaxesIncluded); err != nil {
			return err
		}
	}
	if err := b.chargesOf(r.Charges, r.TaxesIncluded); err != nil {
		return err
	}
	for _, a := range r.Adjustments {
		if a.Amount.IsZero() && a.Tax.IsZero() {
			continue
		}
		p, err := b.post(b.Refund.Residual, "refund.residual", fmt.Sprintf("a refund that no line explains (%s)", cmp.Or(clip(a.Reason), "no reason given")), a.Amount)
		if err != nil {
			return err
		}
		if err := b.extra(AdjustmentItem, p, cmp.Or(a.Reason, "Refund"), a.Amount, taxOf(a.Tax), r.TaxesIncluded); err != nil {
			return err
		}
	}
	return nil
}

func taxOf(m erpbridge.Money) []erpbridge.Tax {
	if m.IsZero() {
		return nil
	}
	return []erpbridge.Tax{{Amount: m}}
}

// cancellation makes the document of an order that is gone from the shop, of which no
// more is known than its id.
func (b *building) cancellation(c *erpbridge.Cancellation) (*Document, error) {
	switch b.Cancel {
	case HoldCancel:
		return nil, b.held("order %s is gone from the shop, which says no more about it: close it in %s if it is there, and close this with erpbridge held discard; or set mapping.cancel of target %s",
			c.OrderID, b.can.ERP, b.target)
	case IgnoreCancel:
		return nil, b.ignored("cancelled orders are not told (mapping.cancel)")
	}
	d := b.d
	d.Kind, d.Cancelled, d.Cancel = Cancellation, true, b.Cancel
	d.ID, d.OrderID = c.OrderID, c.OrderID
	d.Reference = b.reference(c.OrderID)
	d.OrderReference = d.Reference
	if err := b.ours(d.Reference); err != nil {
		return nil, err
	}
	if c.OrderNumber != "" || b.Number.From == FromID {
		d.Number = b.number(c.OrderNumber, c.OrderID)
	}
	d.PO = cmp.Or(c.OrderNumber, c.OrderID)
	return d, nil
}

func errText(s string) error { return errors.New(s) }

// A purse finds the first amount that is in another currency than the rest. Such amounts
// could not be added up.
type purse struct {
	currency string
	err      error
}

func (p *purse) see(ms ...erpbridge.Money) {
	for _, m := range ms {
		if p.err == nil && m.Currency != p.currency && (m.Currency != "" || !m.IsZero()) {
			p.err = &erpbridge.Error{
				Op: "salesdoc.Translate", Kind: erpbridge.Invalid, Err: fmt.Errorf("amounts in several currencies: %s among others in %s", m, clip(p.currency)),
			}
		}
	}
}

func (p *purse) parts(ds []erpbridge.Discount, ts []erpbridge.Tax) {
	for _, d := range ds {
		p.see(d.Amount)
	}
	for _, t := range ts {
		p.see(t.Amount)
	}
}

func (p *purse) charges(cs []erpbridge.Charge) {
	for _, c := range cs {
		p.see(c.Amount)
		p.parts(nil, c.Taxes)
	}
}

// sameCurrency refuses an order whose amounts are in several currencies.
func sameCurrency(o *erpbridge.Order) error {
	p := purse{currency: o.Currency}
	p.see(o.TaxTotal, o.Total, o.Outstanding)
	p.parts(o.Discounts, o.Taxes)
	for _, l := range o.Lines {
		p.see(l.Unit, l.Extended)
		p.parts(l.Discounts, l.Taxes)
	}
	for _, s := range o.Shipping {
		p.see(s.Price)
		p.parts(s.Discounts, s.Taxes)
	}
	p.charges(o.Charges)
	for _, c := range o.Credits {
		p.see(c.Amount)
	}
	return p.err
}

// refundCurrency refuses a refund whose amounts are in several currencies.
func refundCurrency(r *erpbridge.Refund) error {
	p := purse{currency: r.Currency}
	for _, l := range r.Lines {
		p.see(l.Amount, l.Tax)
	}
	for _, s := range r.Shipping {
		p.see(s.Amount, s.Tax)
	}
	p.charges(r.Charges)
	for _, a := range r.Adjustments {
		p.see(a.Amount, a.Tax)
	}
	return p.err
}
