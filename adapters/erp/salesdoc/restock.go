package salesdoc

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge"
)

// ByRestock says what becomes of refunds by what becomes of the goods: return-order,
// credit-memo, hold or ignore. What is left empty is as Refund.As has it:
//
//	as               returned       not_returned, unknown   never_shipped
//	by-restock       return-order   credit-memo             hold
//	return-order     return-order   return-order            hold
//	credit-memo      credit-memo    credit-memo             hold
//	hold             hold           hold                    hold
//	ignore           ignore         ignore                  ignore
//
// Goods that were never shipped were, in most ERPs, never invoiced: their line stands open
// in the ERP's order, or was closed with it. Paying them back by a credit memo credits them
// twice, and leaves them to be shipped. So a person looks, until a rule says what is right.
type ByRestock struct {
	Returned     RefundAs `yaml:"returned"`      // back in stock
	NeverShipped RefundAs `yaml:"never_shipped"` // taken off the order before it was shipped
	NotReturned  RefundAs `yaml:"not_returned"`  // money only; also refunds of no goods at all
	Unknown      RefundAs `yaml:"unknown"`       // the storefront does not say
}

// restockDefaults fills in the rules that Refund.As is short for.
func (r *Refund) restockDefaults() {
	returned, shipped, never := r.As, r.As, HoldRefund
	switch r.As {
	case RefundByRestock:
		returned, shipped = RefundAsReturnOrder, RefundAsCreditMemo
	case IgnoreRefund:
		never = IgnoreRefund
	}
	set(&r.ByRestock.Returned, returned)
	set(&r.ByRestock.NotReturned, shipped)
	set(&r.ByRestock.Unknown, shipped)
	set(&r.ByRestock.NeverShipped, never)
}

// A way is one of the ways of goods, with the setting that says what becomes of it.
type way struct {
	setting string
	RefundAs
}

// way returns that of a refunded line.
func (r Refund) way(restock erpbridge.Restock) way {
	switch {
	case back(restock):
		return way{"returned", r.ByRestock.Returned}
	case restock == erpbridge.NeverShipped:
		return way{neverShipped, r.ByRestock.NeverShipped}
	case restock == erpbridge.NoRestock:
		return way{"not_returned", r.ByRestock.NotReturned}
	}
	return way{"unknown", r.ByRestock.Unknown}
}

const neverShipped = "never_shipped"

// back reports whether goods come back into stock.
func back(r erpbridge.Restock) bool { return r == erpbridge.Returned || r == erpbridge.LegacyRestock }

// refundKind settles what a refund becomes. It becomes one document or none, and no part
// of its money is left out: where one of its lines is held all are, and where some are
// ignored and others are not a person divides it. Where goods come back it is a return
// order, on which stands also what does not. What is no line, such as transport, goes with
// the lines.
func (b *building) refundKind(r *erpbridge.Refund) (Kind, error) {
	ways := map[RefundAs]way{}
	for _, l := range r.Lines {
		if l.Quantity.IsZero() && l.Amount.IsZero() && l.Tax.IsZero() {
			continue
		}
		restock := l.Restock
		if kind, _, _ := b.owed(l); kind != "" {
			restock = erpbridge.NoRestock // no goods, wherever they are
		}
		w := b.Refund.way(restock)
		if _, ok := ways[w.RefundAs]; !ok || w.setting == neverShipped {
			ways[w.RefundAs] = w // which has most to tell
		}
	}
	if len(ways) == 0 {
		w := b.Refund.way(erpbridge.NoRestock)
		ways[w.RefundAs] = w
	}
	held, holds := ways[HoldRefund]
	ignored, ignores := ways[IgnoreRefund]
	switch _, returns := ways[RefundAsReturnOrder]; {
	case holds:
		return "", b.heldRefund(r, held)
	case ignores && len(ways) > 1:
		return "", b.held("refund %s of order %s over %s pays back lines that mapping.%s of target %s ignores, and others: book it by hand in %s, and close this with erpbridge held discard",
			r.ID, r.OrderID, r.Sum(), b.saysWhat(ignored), b.target, b.can.ERP)
	case ignores:
		return "", b.ignored("refunds are not told (mapping." + b.saysWhat(ignored) + ")")
	case returns:
		return ReturnOrder, nil
	}
	return CreditMemo, nil
}

// saysWhat names the setting that says what becomes of a way of goods.
func (b *building) saysWhat(w way) string {
	if w.RefundAs == b.Refund.As {
		return "refund.as"
	}
	return "refund.by_restock." + w.setting
}

// heldRefund tells why a person books a refund, and how it goes on.
func (b *building) heldRefund(r *erpbridge.Refund, w way) error {
	if w.setting == neverShipped && w.RefundAs != b.Refund.As {
		return b.held("refund %s of order %s over %s pays back %s, taken off the order before shipping: take them off the order in %s, where they may still be open, settle there what was paid, and close this with erpbridge held discard; or set mapping.refund.by_restock.never_shipped of target %s",
			r.ID, r.OrderID, r.Sum(), b.unshipped(r), b.can.ERP, b.target)
	}
	return b.held("refund %s of order %s over %s is to be booked by hand: book it in %s and close this with erpbridge held discard; or set mapping.%s of target %s",
		r.ID, r.OrderID, r.Sum(), b.can.ERP, b.saysWhat(w), b.target)
}

// unshipped lists how many pieces of what were never shipped.
func (b *building) unshipped(r *erpbridge.Refund) string {
	const most = 5
	var goods []string
	for _, l := range r.Lines {
		if l.Restock == erpbridge.NeverShipped {
			goods = append(goods, fmt.Sprintf("%s of %q", l.Quantity, clip(cmp.Or(l.SKU, l.Title, l.LineID))))
		}
	}
	if more := len(goods) - most; more > 0 {
		goods = append(slices.Clip(goods[:most]), fmt.Sprintf("%d more", more))
	}
	return strings.Join(goods, ", ")
}
