package shopsim

// redeemed is what a gift card or store credit paid of an order when it was placed. One
// order in five is partly paid so, and no webhook says how much; where the API demands no
// token nobody is expected to ask it, and there are none.
func (f *shopify) redeemed(o *Order) int64 {
	if f.conf.Token == "" || o.ID%5 != 2 {
		return 0
	}
	return o.total() / 3
}

// gateways are those an order was paid by, or is to be.
func (f *shopify) gateways(o *Order) []string {
	switch {
	case f.redeemed(o) == 0:
		return []string{"shopify_payments"}
	case o.ID%2 == 0:
		return []string{"shopify_store_credit", "shopify_payments"}
	}
	return []string{"gift_card", "shopify_payments"}
}
