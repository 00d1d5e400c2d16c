package salesdoc

// A Posting is where an amount is booked: an item, a ledger account or a charge.
type Posting struct {
	As   As     `yaml:"as"`
	Code string `yaml:"code"` // the ERP's number of it
}

// ByTitle posts by the title of what is charged for.
type ByTitle struct {
	Posting `yaml:",inline"`
	Titles  map[string]string `yaml:"by_title"` // title to code; Code for all others
}

// A named posting is one with its setting.
type named struct {
	setting string
	titled  bool
	*Posting
}

func (r *Rules) postings() []named {
	return []named{
		{"shipping", len(r.Shipping.Titles) > 0, &r.Shipping.Posting},
		{"discounts", false, &r.Discounts.Posting},
		{"tip", false, &r.Tip},
		{"gift_card_sold", false, &r.GiftCardSold},
		{"gift_card_redeemed", false, &r.GiftCardRedeemed},
		{"store_credit", false, &r.StoreCredit},
		{"duty", false, &r.Duty},
		{"fee", len(r.Fee.Titles) > 0, &r.Fee.Posting},
		{"rounding", false, &r.Rounding.Posting},
		{"rounding.cash", false, &r.Rounding.Cash},
		{"tax.item", false, &r.Tax.Item},
		{"tax.marketplace", false, &r.Tax.Marketplace.Posting},
		{"refund.no_goods", false, &r.Refund.NoGoods},
		{"refund.residual", false, &r.Refund.Residual},
	}
}
