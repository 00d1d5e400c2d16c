package saps4

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// noteBegins is how the header text of every order begins, and markedBegins how it does
// with the mark of the order's state: a digest of all that is sent.
const (
	noteBegins   = "Shop order "
	markedBegins = "State %s of shop order "
)

// mark reads the mark of a state. It stands at the beginning, where nothing that customers
// write comes; S/4 may break lines anew.
var mark = regexp.MustCompile(`^\s*State\s+([0-9A-F]{12})\s+of\s+shop\s+order\s`)

// marked puts the mark of its state into an order that is to be read back. The header text is all that an
// OrderRequest can set to anything, that S/4 keeps with the order, and that
// API_SALES_ORDER_SRV returns in each of its releases. (CorrespondenceExternalReference,
// which would be the field for it, is not returned.)
func (e *ERP) marked(root *etree.Element) error {
	note := root.FindElement("Order/Text/TextElementText")
	if note == nil || e.odata == nil || !e.conf.MarkState {
		return nil
	}
	body, err := soap.Serialize(root)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	text := fmt.Sprintf(markedBegins, fmt.Sprintf("%X", sum[:6])) + strings.TrimPrefix(note.Text(), noteBegins)
	if text, err = e.fit("TextElementText", text); err == nil {
		note.SetText(text)
	}
	return err
}

// A sentOrder is what can be found again of an OrderRequest of ours.
type sentOrder struct {
	reference  string
	removes    bool
	state      string // its mark; "" without one
	total      erpbridge.Decimal
	quantities []erpbridge.Decimal
}

// sentBy reads what was accepted. Its Ref is the reference too, but for what comes to be
// known by two names: see removal.
func sentBy(a erpbridge.Accepted) sentOrder {
	ref, removes := strings.CutSuffix(a.Ref, removal)
	body, err := soap.Parse(a.Body, "")
	if err != nil {
		return sentOrder{reference: ref, removes: removes}
	}
	sent := sentOrder{reference: textAt(body, "Order/PurchaseOrderID"), removes: textAt(body, "Order/ActionCode") == remove}
	if m := mark.FindStringSubmatch(textAt(body, "Order/Text/TextElementText")); m != nil {
		sent.state = m[1]
	}
	for _, it := range body.FindElements("Order/OrderItem") {
		if n, err := erpbridge.ParseDecimal(textAt(it, "ExpectedNetAmount")); err == nil {
			sent.total = sent.total.Add(n)
		}
		if n, err := erpbridge.ParseDecimal(textAt(it, "RequestedQuantity")); err == nil {
			sent.quantities = append(sent.quantities, n)
		}
	}
	return sent
}

// A listed is what OData expands: nil where it was not.
type listed[T any] struct {
	Results []T `json:"results"`
}

// A salesOrder is one as the OData service shows it.
type salesOrder struct {
	SalesOrder                    string
	TotalNetAmount                string
	LastChangeDateTime            string
	OverallSDDocumentRejectionSts string
	Items                         listed[salesItem]                 `json:"to_Item"`
	Texts                         listed[struct{ LongText string }] `json:"to_Text"`
}

type salesItem struct{ HigherLevelItem, RequestedQuantity string }

// The values of OverallSDDocumentRejectionSts.
const (
	partlyRejected = "B"
	allRejected    = "C"
)

// removed says whether S/4 has removed an order: all its items are rejected.
func (o salesOrder) removed(a erpbridge.Accepted) erpbridge.Result {
	if o.OverallSDDocumentRejectionSts == allRejected {
		return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: o.SalesOrder}}
	}
	return waiting(a, fmt.Sprintf("S/4 has order %s, and not all of it is rejected", o.SalesOrder))
}

// stands says whether an order in S/4 is the state that was sent.
//
//	its text has the mark that was sent    it is: S/4 worked this very message
//	its text has another one               it is not yet
//	no text of ours is returned            it is, if it has the items that were sent and
//	                                       was not changed before the message was stored
//
// What it comes to is no proof: an address can change and no amount, and S/4 may price
// orders by itself. What differs of a state that is booked is told as a warning. The
// last rule compares S/4's clock with ours and gives nothing for a difference: a state
// that is older by a second must not confirm a newer one.
func (o salesOrder) stands(op string, a erpbridge.Accepted, sent sentOrder) erpbridge.Result {
	prices, err := o.prices(sent)
	if err != nil {
		return failed(op, erpbridge.Unknown, err)
	}
	items := o.items(sent)
	if why := o.lacks(a, sent, items); why != "" {
		return waiting(a, why)
	}
	var warnings []string
	for _, w := range []string{prices, items} {
		if w != "" {
			warnings = append(warnings, w)
		}
	}
	switch o.OverallSDDocumentRejectionSts {
	case allRejected:
		return failed(op, erpbridge.Invalid, fmt.Errorf("S/4 has order %s, and all of it is rejected: its items say why", o.SalesOrder))
	case partlyRejected:
		warnings = append(warnings, fmt.Sprintf("S/4 has order %s, and has rejected some of its items", o.SalesOrder))
	}
	return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: o.SalesOrder, Warning: strings.Join(warnings, "; ")}}
}

// lacks says why an order is not known to be the state that was sent; "" if it is.
func (o salesOrder) lacks(a erpbridge.Accepted, sent sentOrder, items string) string {
	var states []string
	for _, t := range o.Texts.Results {
		if m := mark.FindStringSubmatch(t.LongText); m != nil {
			states = append(states, m[1])
		}
	}
	switch changed, told := instant(o.LastChangeDateTime); {
	case sent.state != "" && slices.Contains(states, sent.state):
		return ""
	case sent.state != "" && len(states) > 0:
		return fmt.Sprintf("S/4 has order %s in another state than the one sent", o.SalesOrder)
	case items != "":
		return items
	case !told || changed.Before(a.Since):
		return fmt.Sprintf("S/4 has order %s, was not seen to change it since this state was stored, and returns no text that says which state it is: see mark_state", o.SalesOrder)
	}
	return ""
}

// prices says how an order's net total is not what was sent; "" if it is, or is not told.
func (o salesOrder) prices(sent sentOrder) (string, error) {
	if o.TotalNetAmount == "" {
		return "", nil
	}
	total, err := erpbridge.ParseDecimal(o.TotalNetAmount)
	if err != nil {
		return "", fmt.Errorf("S/4 told of an order over %q", soap.Reason(o.TotalNetAmount))
	}
	if total.Equal(sent.total) {
		return "", nil
	}
	return fmt.Sprintf("S/4 has order %s over %s, sent was %s", o.SalesOrder, total, sent.total), nil
}

// places are the decimals that S/4 keeps of a quantity.
const places = 3

// items says how an order's items are not those that were sent; "" if they are, or are
// not told. Compared are their number and their quantities: S/4 may deliver one material
// for another. What S/4 adds below an item, such as the parts of a set, does not count.
func (o salesOrder) items(sent sentOrder) string {
	if o.Items.Results == nil {
		return ""
	}
	var has, want []string
	for _, it := range o.Items.Results {
		if strings.Trim(it.HigherLevelItem, "0") != "" {
			continue
		}
		if n, err := erpbridge.ParseDecimal(it.RequestedQuantity); err == nil {
			has = append(has, n.RoundBank(places).String())
		}
	}
	for _, n := range sent.quantities {
		want = append(want, n.RoundBank(places).String())
	}
	slices.Sort(has)
	slices.Sort(want)
	if slices.Equal(has, want) {
		return ""
	}
	return fmt.Sprintf("S/4 has order %s with %d items in the quantities %s, sent were %d: %s", o.SalesOrder, len(has), strings.Join(has, ", "), len(want), strings.Join(want, ", "))
}

func waiting(a erpbridge.Accepted, why string) erpbridge.Result {
	return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: a.Ref, Accepted: true, Warning: why}}
}

// instant reads OData's "/Date(1130168212000+0000)/": milliseconds, and an offset that
// does not change them.
func instant(s string) (time.Time, bool) {
	s, begins := strings.CutPrefix(s, "/Date(")
	s, ends := strings.CutSuffix(s, ")/")
	if at := strings.LastIndexAny(s, "+-"); at > 0 {
		s = s[:at]
	}
	ms, err := strconv.ParseInt(s, 10, 64)
	return time.UnixMilli(ms), begins && ends && err == nil
}
