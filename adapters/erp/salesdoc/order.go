package salesdoc

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
)

// order makes the document of an order's full state.
func (b *building) order(o *erpbridge.Order) (*Document, error) {
	o, err := b.side(o)
	if err != nil {
		return nil, err
	}
	d := b.d
	d.Kind, d.Order = Order, o
	d.ID, d.OrderID = o.ID, o.ID
	d.Number, d.Reference = b.number(o.Number, o.ID), b.reference(o.ID)
	d.OrderReference = d.Reference
	if err := b.ours(d.Reference); err != nil {
		return nil, err
	}
	d.PO = cmp.Or(o.PO, o.Number, o.ID)
	d.Cancelled = b.ev.Type == erpbridge.OrderCancelled || !o.CancelledAt.IsZero()
	if d.Cancelled {
		d.Cancel = b.Cancel
		switch b.Cancel {
		case HoldCancel:
			return nil, b.held("order %s was cancelled: cancel it in %s if it is there, and close this with erpbridge held discard; or set mapping.cancel of target %s", cmp.Or(o.Number, o.ID), b.can.ERP, b.target)
		case IgnoreCancel:
			return nil, b.ignored("cancelled orders are not told (mapping.cancel)")
		}
	}
	if o.Total.Amount.IsNeg() {
		return nil, b.held("the order comes to %s: orders below nought are booked by hand", o.Total)
	}
	if err := b.money(o.Currency, o.TaxesIncluded, o.Total); err != nil {
		return nil, err
	}
	if d.Date = day(o.PostingDate, o.PlacedAt); !isDay(d.Date) {
		return nil, b.invalid("the posting date %q is not a date", clip(d.Date))
	}
	if err := b.addresses(o.BillTo, o.ShipTo); err != nil {
		return nil, err
	}
	if d.Buyer, err = b.buyer(o); err != nil {
		return nil, err
	}
	for _, step := range []func(*erpbridge.Order) error{b.remittedTax, b.lines, b.shipping, b.charges, b.deductions, b.taxes, b.cash, b.terms, b.paid} {
		if err := step(o); err != nil {
			return nil, err
		}
	}
	b.notes(o)
	return d, b.addsUp()
}

// side returns the order in the currency that is to be booked.
func (b *building) side(o *erpbridge.Order) (*erpbridge.Order, error) {
	if b.Currency != PresentmentSide || o.Presentment == "" || o.Presentment == o.Currency {
		return o, sameCurrency(o)
	}
	if o.Presented == nil {
		return nil, b.held("the order was paid in %s and the storefront does not tell all its amounts in it: book it by hand, or set mapping.currency of target %s to shop", o.Presentment, b.target)
	}
	p := *o.Presented
	// What is not money stands in the order itself.
	if p.ID == "" {
		p = *o
		p.Presented = nil
	}
	return &p, sameCurrency(&p)
}

func (b *building) ignored(why string) error {
	return &erpbridge.Error{Op: "salesdoc.Translate", Kind: erpbridge.Ignored, Err: errText(string(b.ev.Type) + ": " + why)}
}

// money sets what all amounts are in.
func (b *building) money(code string, included bool, total erpbridge.Money) error {
	digits, ok := erpbridge.Digits(code)
	if !ok {
		return b.invalid("%q is not an ISO 4217 currency", clip(code))
	}
	b.d.Currency, b.d.Digits = code, digits
	b.d.PricesIncludeTax = b.Prices == GrossPrices || b.Prices == ShopPrices && included
	if b.Tax.Mode == ItemTax {
		b.d.PricesIncludeTax = false
	}
	b.d.Total = erpbridge.Zero(code).Add(total)
	b.remitted = erpbridge.Zero(code)
	b.d.HeaderDiscount, b.d.TaxTotal = erpbridge.Zero(code), erpbridge.Zero(code)
	return nil
}

// gross returns an amount as the document has its prices: with its own tax or without, and
// without what a marketplace remits of it.
func (b *building) gross(amount, tax, remitted erpbridge.Money, included bool) erpbridge.Money {
	amount = erpbridge.Zero(b.d.Currency).Add(amount)
	if included {
		amount = amount.Sub(remitted)
	}
	switch {
	case included && !b.d.PricesIncludeTax:
		return amount.Sub(tax)
	case !included && b.d.PricesIncludeTax:
		return amount.Add(tax)
	}
	return amount
}

// lines puts the goods on the document, each with its discount in it or below it.
func (b *building) lines(o *erpbridge.Order) error {
	for i, l := range o.Lines {
		if err := b.line(o, i, l); err != nil {
			return err
		}
	}
	return nil
}

func (b *building) line(o *erpbridge.Order, i int, l erpbridge.Line) error {
	own, remitted := b.divide(l.Taxes)
	tax := b.share(sum(b.d.Currency, own))
	gross := b.gross(l.Gross(), tax, remitted, o.TaxesIncluded)
	off := erpbridge.Zero(b.d.Currency).Add(l.Discount())
	none := l.Quantity.IsZero()
	if l.Gross().IsZero() && off.IsZero() && tax.IsZero() && remitted.IsZero() && (none || l.Kind == erpbridge.Component) {
		return nil // nothing was sold, or the line it belongs to stands for it
	}
	if !l.Quantity.IsPos() {
		return b.held("line %d, %q, has %s pieces and comes to %s: book the order by hand", i+1, clip(l.Title), l.Quantity, l.Gross())
	}
	it := Item{
		Kind: GoodsItem, LineID: l.ID, SKU: l.SKU, Description: cmp.Or(l.Title, l.SKU),
		Quantity: l.Quantity, Gross: gross, Tax: tax, Notes: chosen(l.Attributes, b.Notes.Lines),
	}
	var err error
	if it.Location, err = b.place(l.Location); err != nil {
		return err
	}
	if it.TaxCode, it.TaxRate, err = b.taxCode(own); err != nil {
		return err
	}
	if err := b.sell(&it, i, l); err != nil {
		return err
	}
	return b.discounted(it, off, l.Discounts)
}

// discounted adds an item, and its discount as the rules say.
func (b *building) discounted(it Item, off erpbridge.Money, ds []erpbridge.Discount) error {
	if off.IsZero() {
		it.Discount = off
		return b.add(it)
	}
	switch b.Discounts.Lines {
	case LineDiscount:
		it.Discount = off
		return b.add(it)
	case NetDiscount:
		it.Gross = it.Gross.Sub(off)
		it.Discount = erpbridge.Zero(b.d.Currency)
		return b.add(it)
	}
	it.Discount = erpbridge.Zero(b.d.Currency)
	p, err := b.post(b.Discounts.Posting, "discounts", "a discount", off)
	if err != nil {
		return err
	}
	if err := b.add(it); err != nil {
		return err
	}
	return b.add(Item{
		Kind: DiscountItem, Posting: p, LineID: it.LineID, Description: cmp.Or(titles(ds), "Discount"),
		Gross: off.Neg(), Discount: erpbridge.Zero(b.d.Currency), Tax: erpbridge.Zero(b.d.Currency), TaxCode: it.TaxCode, TaxRate: it.TaxRate,
	})
}

// extra adds an item that is no goods.
func (b *building) extra(kind ItemKind, p Posting, text string, amount erpbridge.Money, taxes []erpbridge.Tax, included bool) error {
	own, remitted := b.divide(taxes)
	tax := b.share(sum(b.d.Currency, own))
	code, rate, err := b.taxCode(own)
	if err != nil {
		return err
	}
	return b.add(Item{
		Kind: kind, Posting: p, Description: text, Gross: b.gross(amount, tax, remitted, included),
		Discount: erpbridge.Zero(b.d.Currency), Tax: tax, TaxCode: code, TaxRate: rate,
	})
}

// shipping puts transport on the document.
func (b *building) shipping(o *erpbridge.Order) error {
	if len(o.Shipping) > 0 {
		if err := b.shipBy(o.Shipping[0].Title); err != nil {
			return err
		}
	}
	for _, s := range o.Shipping {
		off := s.Discount()
		cost := s.Price.Sub(off)
		if cost.IsZero() && s.Tax().IsZero() && b.FreeShipping == Drop {
			continue
		}
		p, err := b.titled(b.Shipping, s.Title, "shipping", "shipping", s.Price)
		if err != nil {
			return err
		}
		own, remitted := b.divide(s.Taxes)
		tax := b.share(sum(b.d.Currency, own))
		it := Item{Kind: ShippingItem, Posting: p, Description: cmp.Or(s.Title, "Shipping"), Gross: b.gross(s.Price, tax, remitted, o.TaxesIncluded), Tax: tax}
		if it.TaxCode, it.TaxRate, err = b.taxCode(own); err != nil {
			return err
		}
		if err := b.discounted(it, erpbridge.Zero(b.d.Currency).Add(off), s.Discounts); err != nil {
			return err
		}
	}
	return nil
}

// charges puts duties and fees on the document.
func (b *building) charges(o *erpbridge.Order) error {
	return b.chargesOf(o.Charges, o.TaxesIncluded)
}

func (b *building) chargesOf(cs []erpbridge.Charge, included bool) error {
	for _, c := range cs {
		if c.Amount.IsZero() && sum(b.d.Currency, c.Taxes).IsZero() {
			continue
		}
		var p Posting
		var err error
		if c.Kind == erpbridge.Duty {
			p, err = b.post(b.Duty, "duty", "import duty", c.Amount)
		} else {
			p, err = b.titled(b.Fee, c.Title, "fee", string(c.Kind), c.Amount)
		}
		if err != nil {
			return err
		}
		if err := b.extra(ChargeItem, p, cmp.Or(c.Title, string(c.Kind)), c.Amount, c.Taxes, included); err != nil {
			return err
		}
	}
	return nil
}

// deductions takes off what the order as a whole is lessened by: its own discounts, and
// what was redeemed and is no part of the total any more.
func (b *building) deductions(o *erpbridge.Order) error {
	if off := erpbridge.Zero(b.d.Currency).Add(o.Discount()); !off.IsZero() {
		switch b.Discounts.Order {
		case HeaderDiscount:
			b.d.HeaderDiscount = off
		case SpreadDiscount:
			if err := b.spread(off); err != nil {
				return err
			}
		default:
			p, err := b.post(b.Discounts.Posting, "discounts", "a discount", off)
			if err != nil {
				return err
			}
			if err := b.discountItems(p, cmp.Or(titles(o.Discounts), "Discount"), off, o.TaxesIncluded); err != nil {
				return err
			}
		}
	}
	for _, c := range o.Credits {
		if err := b.credit(c); err != nil {
			return err
		}
	}
	return nil
}

// terms says how the order is to be paid, and by which method it was.
func (b *building) terms(o *erpbridge.Order) error {
	d := b.d
	var err error
	// Earlier gateways may have failed.
	if d.PaymentMethod, err = b.oneName(b.Payment.Methods, PaymentMethodTable, o.Gateways, ""); err != nil {
		return err
	}
	var terms string
	if o.Terms != nil {
		terms = o.Terms.Name
		if !o.Terms.DueAt.IsZero() {
			d.DueDate = o.Terms.DueAt.Format(time.DateOnly)
		}
	}
	if d.PaymentTerms, err = b.name(b.Payment.Terms, PaymentTermsTable, terms, ""); err != nil {
		return err
	}
	d.Location, err = b.place("")
	return err
}

// notes gathers the texts that travel along.
func (b *building) notes(o *erpbridge.Order) {
	if o.Note != "" && b.Notes.Customer == Keep {
		b.d.Notes = append(b.d.Notes, o.Note)
	}
	b.d.Notes = append(b.d.Notes, chosen(o.Attributes, b.Notes.Attributes)...)
}

// chosen returns the attributes of these names as "name: value".
func chosen(as []erpbridge.Attribute, names []string) []string {
	var notes []string
	for _, a := range as {
		if slices.Contains(names, a.Name) || slices.Contains(names, "*") {
			notes = append(notes, a.Name+": "+a.Value)
		}
	}
	return notes
}

func titles(ds []erpbridge.Discount) string {
	var ts []string
	for _, d := range ds {
		if d.Title != "" {
			ts = append(ts, d.Title)
		}
	}
	return strings.Join(ts, ", ")
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
