package bigcommerce

import (
	"strconv"
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// A status is what a status of an order means to an ERP.
type status struct {
	name     string
	waits    bool // the buyer has not paid yet, and may never
	unpaid   bool // an order, and nothing paid for it yet
	refunded bool
	gone     bool // will not be fulfilled
}

// statuses are BigCommerce's, by id. Stores can name them otherwise, but make none.
var statuses = [...]status{
	0:  {name: "Incomplete", waits: true},
	1:  {name: "Pending", unpaid: true},
	2:  {name: "Shipped"},
	3:  {name: "Partially Shipped"},
	4:  {name: "Refunded", refunded: true},
	5:  {name: "Cancelled", gone: true},
	6:  {name: "Declined", gone: true},
	7:  {name: "Awaiting Payment", unpaid: true},
	8:  {name: "Awaiting Pickup"},
	9:  {name: "Awaiting Shipment"},
	10: {name: "Completed"},
	11: {name: "Awaiting Fulfillment"},
	12: {name: "Manual Verification Required", unpaid: true},
	13: {name: "Disputed"},
	14: {name: "Partially Refunded", refunded: true},
}

// statusOf returns the status of an id, and whether there is one.
func statusOf(id string) (status, bool) {
	i, err := strconv.Atoi(id)
	if err != nil || i < 0 || i >= len(statuses) {
		return status{}, false
	}
	return statuses[i], true
}

// status returns the order's status, by its id or else its name.
func (r *reader) status(body *order) status {
	if id, ok := body.StatusID.Integer(); ok {
		if st, ok := statusOf(id); ok {
			return st
		}
	}
	if !body.StatusID.Given() {
		for _, st := range statuses {
			if strings.EqualFold(st.name, body.Status.Text()) {
				return st
			}
		}
	}
	r.Fail("", "status_id", "%q is not a status the bridge knows", signed.Clip(body.StatusID.Text()))
	return status{}
}

// paymentStatus maps payment_status. A word it does not know might mean money that is
// there or money that is not, so it is not guessed at. A merchant's own refund, of an
// order paid outside of the store, shows in the order's status alone.
func (r *reader) paymentStatus(word scalar, st status) erpbridge.PaymentStatus {
	switch strings.ToLower(word.Text()) {
	case "captured", "paid", "settled":
		if st.refunded {
			return erpbridge.Refunded
		}
		return erpbridge.Paid
	case "partially refunded", "refunded":
		return erpbridge.Refunded
	case "void", "voided":
		return erpbridge.Voided
	case "", "authorized", "capture pending", "declined", "held for review", "pending", "void pending":
		if st.refunded {
			return erpbridge.Refunded
		}
		return erpbridge.Unpaid
	}
	r.Fail("", "payment_status", "%q is not a payment status the bridge knows", signed.Clip(word.Text()))
	return erpbridge.Unpaid
}
