package netsuite

// deposit renders what was paid of the order, if anything was and the order
// stands. NetSuite wants both references, to the customer and to the order.
func (t *translation) deposit() (*record, error) {
	if t.d.Cancelled || !t.d.Paid.Amount.IsPos() {
		return nil, nil
	}
	r := t.newRecord(cust, customerDeposit, t.externalID("deposit", t.d.OrderID))
	t.buyer(r.fields, "customer")
	r.external("salesOrder", t.orderID(), salesOrder)
	r.plain("payment", t.d.Paid.Plain())
	r.ref("currency", t.currency)
	r.plain("tranDate", t.tranDate)
	r.ref("paymentMethod", t.d.PaymentMethod)
	r.text("memo", marker(t.key(customerDeposit)))
	r.ref("department", t.conf.Department)
	r.ref("class", t.conf.Class)
	r.ref("location", t.d.Location)
	switch {
	case t.conf.DepositAccount != "":
		r.ref("account", t.conf.DepositAccount)
		r.flag("undepFunds", false)
	case t.conf.UndepositedFunds:
		r.flag("undepFunds", true)
	}
	return r, nil
}
