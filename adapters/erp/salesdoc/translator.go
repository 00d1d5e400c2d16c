package salesdoc

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge"
)

// A Translator makes sales documents for one target. It may be used by many goroutines
// at once.
type Translator struct {
	target string
	can    Can
	rules  Rules            // for stores without their own
	stores map[string]Rules // with the target's filled in
	xref   erpbridge.CrossReference
}

// New returns the Translator of a target, or everything that is wrong with its mapping,
// each complaint beginning with the name of its setting. xref may be nil.
func New(target string, m Mapping, can Can, xref erpbridge.CrossReference) (*Translator, error) {
	if xref == nil {
		xref = erpbridge.CrossReferences(nil)
	}
	t := &Translator{target: target, can: can, rules: can.defaults(m.Rules), stores: map[string]Rules{}, xref: xref}
	errs := []error{can.check("mapping", t.rules)}
	for _, store := range slices.Sorted(maps.Keys(m.Stores)) {
		at := "mapping.stores." + store
		t.stores[store] = can.defaults(merged(m.Rules, m.Stores[store]))
		errs = append(errs, can.check(at, t.stores[store]))
	}
	return t, errors.Join(append(errs, t.distinct())...)
}

// Translate returns the sales document of an event. Errors: Held (a mapping or a
// decision is missing), Ignored (nothing of it is to be booked), Invalid.
//
// Of the events an ERP is told of orders, refunds and cancellations; customers come with
// their orders.
func (t *Translator) Translate(ev erpbridge.Event) (*Document, error) {
	rules := t.rulesOf(ev.Store)
	b := &building{
		Translator: t, Rules: rules, ev: ev,
		d: &Document{Event: ev, Taxes: rules.Tax.Mode},
	}
	switch {
	case ev.Order != nil:
		return b.order(ev.Order)
	case ev.Refund != nil:
		return b.refund(ev.Refund)
	case ev.Cancellation != nil:
		return b.cancellation(ev.Cancellation)
	}
	return nil, b.without()
}

// building is one document in the making.
type building struct {
	*Translator
	Rules
	ev erpbridge.Event
	d  *Document

	// country is that of the goods' destination, for tax.
	country string
	// remitted is the tax that a marketplace remits: that of the items so far, or, alone,
	// what is told for the order as a whole only.
	remitted erpbridge.Money
	alone    bool
}

// without says why nothing is booked of other events.
func (b *building) without() error {
	why := ""
	switch ev := b.ev; {
	case ev.Fulfilment != nil:
		why = "shipments are the ERP's own to book"
	case ev.Customer != nil:
		why = "a customer is written with its orders"
	case ev.Product != nil:
		why = "items are kept in the ERP"
	case ev.Inventory != nil:
		why = "stock is kept in the ERP"
	default:
		return b.invalid("the event %s carries nothing an ERP could be told", ev.Type)
	}
	return &erpbridge.Error{Op: "salesdoc.Translate", Kind: erpbridge.Ignored, Err: fmt.Errorf("%s: %s", b.ev.Type, why)}
}

func (b *building) held(format string, args ...any) error {
	return &erpbridge.Error{Op: "salesdoc.Translate", Kind: erpbridge.Held, Err: fmt.Errorf(format, args...)}
}

func (b *building) invalid(format string, args ...any) error {
	return &erpbridge.Error{Op: "salesdoc.Translate", Kind: erpbridge.Invalid, Err: fmt.Errorf(format, args...)}
}

// reference returns our name for something of the store's.
func (b *building) reference(id string) string {
	return prefixOf(b.Rules, b.ev.Store) + id
}

// number returns the document's number.
func (b *building) number(number, id string) string {
	switch {
	case b.Number.From == FromERP:
		return ""
	case b.Number.From == FromID || number == "":
		return b.Number.Prefix + id
	}
	for _, r := range b.Number.Strip {
		number = strings.ReplaceAll(number, string(r), "")
	}
	return b.Number.Prefix + number
}

// add puts an item on the document, unless it comes to nothing.
func (b *building) add(it Item) error {
	if it.Quantity.IsZero() {
		it.Quantity = one
	}
	it.Amount = it.Gross.Sub(it.Discount)
	for _, m := range []erpbridge.Money{it.Gross, it.Discount, it.Amount} {
		if !m.Amount.RoundBank(b.d.Digits).Equal(m.Amount) {
			return b.held("%q comes to %s, which is finer than %s allows", clip(it.Description), m, b.d.Currency)
		}
	}
	if it.Amount.Amount.IsNeg() && !b.can.Negative {
		return b.held("%q comes to %s, and %s takes no negative items here: book the order by hand", clip(it.Description), it.Amount, b.can.ERP)
	}
	b.d.Items = append(b.d.Items, it)
	return nil
}

var one = must("1")

// post returns where an amount goes, or an error that names the setting.
func (b *building) post(p Posting, setting, what string, amount erpbridge.Money) (Posting, error) {
	if p.Code == "" {
		return p, b.held("%s of %s has nowhere to go: set mapping.%s.code of target %s", what, amount, setting, b.target)
	}
	return p, nil
}

// titled returns where an amount goes by its title.
func (b *building) titled(p ByTitle, title, setting, what string, amount erpbridge.Money) (Posting, error) {
	if code := p.Titles[title]; code != "" {
		return Posting{As: p.As, Code: code}, nil
	}
	if p.Code == "" {
		return p.Posting, b.held("%s %q of %s has nowhere to go: add it to mapping.%s.by_title of target %s, or set mapping.%s.code",
			what, clip(title), amount, setting, b.target, setting)
	}
	return p.Posting, nil
}

// addsUp asserts that the ERP will come to what the storefront says.
func (b *building) addsUp() error {
	for _, it := range b.d.Items {
		b.d.TaxTotal = b.d.TaxTotal.Add(it.Tax)
		if !it.Tax.Amount.RoundBank(b.d.Digits).Equal(it.Tax.Amount) {
			return b.held("the tax of %q comes to %s, which is finer than %s allows", clip(it.Description), it.Tax, b.d.Currency)
		}
	}
	return b.rounded()
}

// clip shortens the shop's text for a reason.
func clip(s string) string { return Cut(s, 60, Characters) }
