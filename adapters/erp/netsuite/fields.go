package netsuite

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// cut shortens a text and ends it with "…". NetSuite counts as Java does, in UTF-16
// units.
func cut(n int) salesdoc.Rule {
	return salesdoc.Rule{Length: n, Count: salesdoc.UTF16, Overflow: salesdoc.CutMark}
}

// drop leaves the field out, which is said in the record.
func drop(n int) salesdoc.Rule {
	return salesdoc.Rule{Length: n, Count: salesdoc.UTF16, Overflow: salesdoc.Omit}
}

// key holds the order: half a key is another key.
var key = salesdoc.Rule{Length: 45, Count: salesdoc.UTF16, Overflow: salesdoc.Hold}

// limits are the lengths of the fields we write. The schema has none. Where no
// source stands beside a length it is a configured default, taken from what
// accounts commonly have; the setting lengths changes any of them.
var limits = map[string]salesdoc.Rule{
	"Customer.firstName":   cut(32),
	"Customer.lastName":    cut(32),
	"Customer.companyName": cut(83),  // NetSuite's import template for customers
	"Customer.phone":       drop(21), // the same
	"Customer.email":       drop(254),
	"Customer.comments":    cut(4000), // the same

	"Address.attention": cut(83), // the same
	"Address.addressee": cut(83), // the same
	"Address.addrPhone": drop(21),
	"Address.addr1":     cut(150), // "more than the maximum number ( 150 ) of characters", getlago/lago-api#3245
	"Address.addr2":     cut(150),
	"Address.city":      cut(50),
	"Address.state":     cut(30), // "more than the maximum number ( 30 ) of characters", getlago/lago-api#3233
	"Address.zip":       cut(36),

	"SalesOrder.tranId":          key,
	"SalesOrder.otherRefNum":     key,
	"SalesOrder.memo":            cut(999),
	"SalesOrderItem.description": cut(999),
	"CustomerDeposit.memo":       cut(999),

	"ReturnAuthorization.tranId":          key,
	"ReturnAuthorization.otherRefNum":     key,
	"ReturnAuthorization.memo":            cut(999),
	"ReturnAuthorizationItem.description": cut(999),
	"CreditMemo.tranId":                   key,
	"CreditMemo.otherRefNum":              key,
	"CreditMemo.memo":                     cut(999),
	"CreditMemoItem.description":          cut(999),
	"CashRefund.tranId":                   key,
	"CashRefund.otherRefNum":              key,
	"CashRefund.memo":                     cut(999),
	"CashRefundItem.description":          cut(999),
}

// shortestPhone is what NetSuite takes for a phone number: "Phone number should
// have seven digits or more.".
const shortestPhone = 7

// limitOf returns the rule of a field, if it has one.
func (e *ERP) limitOf(field string) (salesdoc.Rule, bool) {
	l, ok := limits[field]
	if n, set := e.conf.Lengths[field]; set {
		l.Length = n
	}
	return l, ok
}

// fit returns a text as a field takes it.
func (f fields) fit(name, value string) (string, error) {
	if !salesdoc.Legal(value) {
		return "", fmt.Errorf("%s.%s has characters that XML cannot carry", f.typ, name)
	}
	rule, ok := f.erp.limitOf(f.typ + "." + name)
	if !ok {
		return value, nil
	}
	fitting, err := rule.Fit(value)
	if err != nil {
		return "", &erpbridge.Error{
			Op: "netsuite.Translate", Kind: erpbridge.Held,
			Err: fmt.Errorf("%s.%s: %w: shorten it in the shop, or set lengths.%s.%s of target %s if the account takes more",
				f.typ, name, err, f.typ, name, f.erp.name),
		}
	}
	return fitting, nil
}

// text writes a text, as its rule says. An empty one is left out.
func (f fields) text(name, value string) {
	if value == "" {
		return
	}
	value, err := f.fit(name, value)
	if err != nil {
		f.rec.errs = append(f.rec.errs, err)
		return
	}
	if value != "" {
		f.plain(name, value)
	}
}

// dialled counts what of a phone number is dialled: its digits, and letters that stand for
// some.
func dialled(phone string) (n int) {
	for _, r := range phone {
		if unicode.IsDigit(r) || unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// dropping writes a field that is left out, rather than cut, when it does not
// fit, and adds a remark to notes if so.
func (f fields) dropping(name, value string, notes []string) []string {
	if fitting, err := f.fit(name, value); value != "" && err == nil && fitting == "" {
		l, _ := f.erp.limitOf(f.typ + "." + name)
		return append(notes, fmt.Sprintf("(%s left out: longer than %d)", name, l.Length))
	}
	if strings.HasSuffix(strings.ToLower(name), "phone") && value != "" && dialled(value) < shortestPhone {
		return append(notes, fmt.Sprintf("(%s left out: shorter than %d)", name, shortestPhone))
	}
	f.text(name, value)
	return notes
}
