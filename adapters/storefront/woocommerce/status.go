package woocommerce

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge"
)

// What a status can mean.
const (
	stateOpen      = "open"      // placed; paid as soon as there is a date_paid
	statePaid      = "paid"      // placed and paid
	stateRefunded  = "refunded"  // placed, paid, and paid back
	stateCancelled = "cancelled" // gone
	stateIgnored   = "ignored"   // not placed yet
)

var meanings = []string{stateOpen, statePaid, stateRefunded, stateCancelled, stateIgnored}

// openStatuses returns what each status means: WooCommerce's own, and those of the
// setting. A plugin's "wc-packed" and "packed" are one status.
//
// "processing" is no word about payment: cash on delivery is processed before it is paid.
func openStatuses(configured map[string]string) (map[string]string, error) {
	states := map[string]string{
		"pending": stateOpen, "on-hold": stateOpen, "processing": stateOpen, "completed": stateOpen, "failed": stateOpen,
		"refunded": stateRefunded, "cancelled": stateCancelled, "trash": stateCancelled,
		"auto-draft": stateIgnored, "checkout-draft": stateIgnored, "draft": stateIgnored, "new": stateIgnored,
		"": stateOpen, // not said
	}
	var bad []error
	for _, status := range slices.Sorted(maps.Keys(configured)) {
		meaning := configured[status]
		if !slices.Contains(meanings, meaning) {
			bad = append(bad, fmt.Errorf("statuses.%s: %q is not one of %s", status, meaning, strings.Join(meanings, ", ")))
		}
		states[strings.TrimPrefix(status, "wc-")] = meaning
	}
	return states, errors.Join(bad...)
}

// stateOf returns what an order's status means.
func (s *Storefront) stateOf(status scalar) (string, bool) {
	state, ok := s.states[strings.TrimPrefix(status.Text(), "wc-")]
	return state, ok
}

// paymentStatus returns how far an order is paid. WooCommerce sets date_paid when it sees
// an order paid, so a date_paid of null says that it is not; where there is no such member
// at all, a status that comes after payment has to do.
func paymentStatus(state string, body *resource, o *erpbridge.Order) erpbridge.PaymentStatus {
	dated := written(body.Paid) != "" || written(body.PaidGMT) != ""
	said := body.Paid.Null() || body.PaidGMT.Null() || !dated && (body.Paid.Given() || body.PaidGMT.Given())
	status := strings.TrimPrefix(body.Status.Text(), "wc-")
	switch {
	case state == stateRefunded || !o.Remaining.Equal(o.Total) && o.Remaining.Currency != "":
		return erpbridge.Refunded
	case state == statePaid, dated:
		return erpbridge.Paid
	case state == stateCancelled:
		return erpbridge.Voided
	case !said && (status == "processing" || status == "completed"):
		return erpbridge.Paid
	}
	return erpbridge.Unpaid
}
