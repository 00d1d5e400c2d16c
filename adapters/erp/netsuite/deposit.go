package netsuite

import (
	"cmp"
	"strings"

	"github.com/hakooi/erpbridge"
)

// deposit renders what was paid of the order, if anything was and the order
// stands. NetSuite wants both references, to the customer and to the order.
func (t *translation) deposit() (*rendered, error) {
	switch t.o.PaymentStatus {
	case erpbridge.Paid, erpbridge.PartiallyPaid, erpbridge.Refunded:
	default:
		return nil, nil
	}
	paid := t.o.Total.Sub(t.o.Outstanding)
	if t.cancelled || !paid.Amount.IsPos() {
		return nil, nil
	}
	method, err := t.paymentMethod()
	if err != nil {
		return nil, err
	}
	id := t.externalID("deposit", t.o.ID)
	r := t.newRecord(cust, customerDeposit, id)
	t.buyer.ref(r.fields, "customer")
	r.external("salesOrder", t.externalID("order", t.o.ID), salesOrder)
	r.plain("payment", paid.Plain())
	r.ref("currency", t.currency)
	r.plain("tranDate", t.tranDate)
	r.ref("paymentMethod", method)
	r.text("memo", marker(t.key(customerDeposit)))
	r.ref("department", t.conf.Department)
	r.ref("class", t.conf.Class)
	r.ref("location", t.conf.Location)
	switch {
	case t.conf.DepositAccount != "":
		r.ref("account", t.conf.DepositAccount)
		r.flag("undepFunds", false)
	case t.conf.UndepositedFunds:
		r.flag("undepFunds", true)
	}
	return &rendered{r, customerDeposit, id}, nil
}

// paymentMethod returns the method of the last gateway that has one: earlier
// ones may have failed. Where nothing is configured NetSuite's own default
// stands.
func (t *translation) paymentMethod() (string, error) {
	conf := t.conf.PaymentMethods
	if conf.Default == "" && len(conf.ByGateway) == 0 {
		return "", nil
	}
	id := ""
	for _, g := range t.o.Gateways {
		id = cmp.Or(conf.ByGateway[g], id)
	}
	if id = cmp.Or(id, conf.Default); id != "" {
		return id, nil
	}
	return "", t.held("no NetSuite payment method for %q: add it to payment_methods.by_gateway, or set payment_methods.default, of target %s",
		shorten(strings.Join(t.o.Gateways, ", "), 60), t.name)
}
