package saps4

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// Acknowledge reads what S/4 sends about orders and business partners, alone or in an
// envelope.
func (e *ERP) Acknowledge(m erpbridge.Message) ([]erpbridge.Acknowledgement, error) {
	const op = "saps4.Acknowledge"
	req := http.Request{Header: m.Header}
	user, password, _ := req.BasicAuth()
	if e.conf.Confirm != ByMessage || !equal(user, e.conf.ConfirmUser) || !equal(password, string(e.conf.ConfirmPassword)) {
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Refused, Err: errors.New("the sender did not log in with confirm_user and confirm_password")}
	}
	root, err := soap.Unwrap(m.Body, "")
	switch {
	case err != nil:
	case soap.Is(root, nsEDI, "OrderConfRequest"):
		return e.orderConfirmed(op, root)
	case soap.Is(root, nsGlobal, "BusinessPartnerSUITEBulkReplicateConfirmation"):
		return partnersConfirmed(op, root)
	default:
		err = errors.New("it is neither an OrderConfRequest nor the confirmation of a business partner")
	}
	return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Err: err}
}

// orderConfirmed reads S/4's word that it has an order. It has none for that it has not, and
// none for which state of it: a late word about the first would confirm a change that was
// lost on its way. So where the order can be read back, that decides, and the word is but
// noted.
//
//	no item is rejected     the order is booked
//	some are                it is booked, with a warning
//	all are                 its cancellation is booked. Of the order itself that is no
//	                        booking: it is noted, and told should nothing better come
func (e *ERP) orderConfirmed(op string, root *etree.Element) ([]erpbridge.Acknowledgement, error) {
	conf := root.SelectElement("OrderConfirmation")
	ref, number := textAt(root, "OrderConfirmation/PurchaseOrderID"), textAt(root, "OrderConfirmation/SalesOrderID")
	if ref == "" || number == "" {
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Err: errors.New("the confirmation names no PurchaseOrderID, or no SalesOrderID")}
	}
	order := erpbridge.Acknowledgement{Ref: ref, Result: erpbridge.Result{Receipt: erpbridge.Receipt{Ref: number}}}
	receipt := &order.Result.Receipt
	rejected, items, why := rejections(conf)
	gone := items > 0 && rejected == items && textAt(conf, "ItemListIsCompletelyTransferred") != "false"
	switch {
	case e.odata != nil:
		receipt.Accepted, receipt.Warning = true, fmt.Sprintf("S/4 has order %s; whether it has this state of it is read back", soap.Reason(number))
	case gone:
		receipt.Accepted, receipt.Warning = true, fmt.Sprintf("S/4 has order %s, and all of it is rejected: %s", soap.Reason(number), why)
		cancellation := erpbridge.Acknowledgement{Ref: ref + removal, Result: erpbridge.Result{Receipt: erpbridge.Receipt{Ref: number}}}
		return []erpbridge.Acknowledgement{order, cancellation}, nil
	case rejected > 0:
		receipt.Warning = fmt.Sprintf("S/4 has order %s, and has rejected %d of its items: %s", soap.Reason(number), rejected, why)
	}
	return []erpbridge.Acknowledgement{order}, nil
}

// rejections counts the items of a confirmation, and those that have a reason for their
// rejection, and returns the reasons: codes and names out of S/4's settings.
func rejections(conf *etree.Element) (rejected, items int, why string) {
	var reasons []string
	for _, it := range conf.SelectElements("Item") {
		items++
		reason := cmp.Or(textAt(it, "SalesDocumentRjcnReasonName"), textAt(it, "RejectionReasonText"), textAt(it, "SalesDocumentRjcnReason"))
		if reason == "" {
			continue
		}
		rejected++
		if reason = soap.Reason(reason); !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	return rejected, items, strings.Join(reasons, ", ")
}

// partnersConfirmed reads what became of business partners.
func partnersConfirmed(op string, root *etree.Element) (as []erpbridge.Acknowledgement, err error) {
	for _, m := range root.SelectElements("BusinessPartnerSUITEReplicateConfirmationMessage") {
		a := erpbridge.Acknowledgement{Ref: strings.ToLower(textAt(m, "BusinessPartner/UUID"))}
		if a.Ref == "" {
			return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Err: errors.New("the confirmation names no UUID of a business partner")}
		}
		a.Result.Receipt.Ref = cmp.Or(textAt(m, "BusinessPartner/ReceiverInternalID"), a.Ref)
		l, _ := readLog(m)
		switch {
		case l.failed:
			a.Result = failed(op, erpbridge.Invalid, errors.New(cmp.Or(soap.Reason(l.said), "S/4 did not take the business partner, and does not say why")))
		case l.waiting:
			a.Result.Receipt = erpbridge.Receipt{Ref: a.Ref, Accepted: true, Warning: strings.TrimSpace("S/4 has not worked it yet " + soap.Reason(l.said))}
		case l.warning:
			a.Result.Receipt.Warning = cmp.Or(soap.Reason(l.said), "S/4 took the business partner in part")
		}
		as = append(as, a)
	}
	if len(as) == 0 {
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Err: errors.New("the confirmation is about no business partner")}
	}
	return as, nil
}

// equal compares in a time that tells nothing, not even the length.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
