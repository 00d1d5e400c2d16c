package salesdoc

import "github.com/hakooi/erpbridge"

// Can is what an ERP's documents can express. The first of each list is what stands
// where nothing is configured. An empty list of Refunds or Cancels stands for hold.
type Can struct {
	ERP       string // "Business Central": for people
	As        []As
	Taxes     []Taxes
	Prices    []Prices
	Lines     []DiscountAs // discounts of lines
	Order     []DiscountAs // discounts of orders
	Refunds   []RefundAs   // without hold and ignore, which all can
	Cancels   []Cancel     // the same
	Customers []Unknown
	// Numbered: the ERP knows an order by its number, and not by our reference: two stores
	// must not be able to make the same.
	Numbered bool
	// Countries: the adapter has the ERP's names of countries itself; what the tables do not
	// have is left to it.
	Countries bool
	// Negative: items may be negative. Without it an item that is, is held.
	Negative bool
}

// defaults fills in what nothing was configured for.
func (c Can) defaults(r Rules) Rules {
	set(&r.Currency, ShopSide)
	set(&r.Prices, first(c.Prices, ShopPrices))
	set(&r.Number.From, FromNumber)
	set(&r.Number.Strip, "#")
	if len(r.Customer.By) == 0 {
		r.Customer.By = []CustomerKey{ByCompany, ByID, ByEmail}
	}
	set(&r.Customer.Unknown, first(c.Customers, DefaultCustomer))
	set(&r.Customer.Guest, r.Customer.Unknown)
	set(&r.Addresses.Missing, OtherAddress)
	if c.Countries && r.Addresses.Countries.Default == "" {
		set(&r.Addresses.Countries.Unknown, AsIsName)
	}
	if len(r.Items.Key) == 0 {
		r.Items.Key = []ItemKey{SKUKey}
	}
	set(&r.Items.Case, ExactCase)
	if r.Items.Placeholder != "" {
		set(&r.Items.Unknown, PlaceholderItem)
	}
	set(&r.Items.Unknown, HoldItem)
	set(&r.FreeShipping, Drop)
	set(&r.Notes.Customer, Keep)
	set(&r.Discounts.Lines, first(c.Lines, NetDiscount))
	set(&r.Discounts.Order, first(c.Order, ItemDiscount))
	set(&r.Payment.Redeemed, RedeemedApart)
	set(&r.Tax.Mode, first(c.Taxes, PassTax))
	if r.Tax.Marketplace.Code != "" {
		set(&r.Tax.Marketplace.Mode, RemittedItem)
	}
	set(&r.Tax.Marketplace.Mode, OwnTax)
	if r.Tax.Marketplace.Mode == OwnTax {
		set(&r.Tax.Marketplace.Refunds, OwnTax)
	}
	set(&r.Tax.Marketplace.Refunds, HoldRemitted)
	set(&r.Refund.As, first(c.Refunds, HoldRefund))
	r.Refund.restockDefaults()
	set(&r.Cancel, first(c.Cancels, HoldCancel))
	for _, p := range r.postings() {
		if p.Code != "" || p.titled {
			set(&p.As, first(c.As, AsItem))
		}
	}
	return r
}

func must(s string) erpbridge.Decimal {
	d, err := erpbridge.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

func set[T comparable](into *T, value T) {
	var zero T
	if *into == zero {
		*into = value
	}
}

func first[T any](list []T, otherwise T) T {
	if len(list) > 0 {
		return list[0]
	}
	return otherwise
}
