package netsuite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
)

// adopt gives a customer that NetSuite refuses to have twice our external id: the one who has
// the same e-mail address, so that orders find him by it from now on. It does not guess:
// where several have the address, or the one who has it has an external id already, what
// NetSuite said stands, and with it what there is to do.
//
//	refused as there already ──▶ search by e-mail
//	      ├─ one active customer, without external id ──▶ updateList by internal id ──▶ Receipt with a Warning
//	      ├─ none, several, one with an external id ────▶ Invalid, as NetSuite said
//	      └─ no answer, throttled, refused ─────────────▶ that Kind: tried again
//
// That is the setting adopt_customers. It is off by itself, because a storefront does not
// always know that the address is the buyer's.
func (e *ERP) adopt(ctx context.Context, s lifted, refused erpbridge.Result) erpbridge.Result {
	email := ""
	if el := s.record.SelectElement("email"); el != nil {
		email = strings.TrimSpace(el.Text())
	}
	if !e.conf.AdoptCustomers || email == "" || !existsElsewhere(codeOf(refused.Err)) {
		return refused
	}
	content, err := e.call(ctx, deliverOp, searching, customersBy(email))
	if err != nil {
		return erpbridge.Result{Err: e.harmless(deliverOp, err)}
	}
	hits, err := e.readSearch(content)
	if err != nil {
		return erpbridge.Result{Err: e.harmless(deliverOp, err)}
	}
	var same []hit
	for _, h := range hits {
		if strings.EqualFold(h.email, email) {
			same = append(same, h)
		}
	}
	switch {
	case len(same) != 1:
		return because(refused, fmt.Sprintf("%d active customers have the e-mail address", len(same)))
	case same[0].externalID != "":
		return because(refused, fmt.Sprintf("customer %s, who has the e-mail address, has another external id", same[0].id))
	}
	record := e.newRecordFor(updateList, rel, customer, s.externalID)
	record.el.CreateAttr("internalId", same[0].id)
	r := e.write(ctx, updateList, []lifted{{kind: customer, externalID: s.externalID, record: record.el}})[0]
	if r.Err == nil {
		told := fmt.Sprintf("customer %s has the e-mail address, and was given our external id", same[0].id)
		r.Receipt.Warning = strings.TrimSuffix(told+"; "+r.Receipt.Warning, "; ")
	}
	return r
}

// because says more about why a customer was refused.
func because(refused erpbridge.Result, why string) erpbridge.Result {
	var about *erpbridge.Error
	if errors.As(refused.Err, &about) {
		told := *about
		told.Err = fmt.Errorf("%s: %w", why, about.Err)
		refused.Err = &told
	}
	return refused
}

// customersBy asks for the active customers with an e-mail address.
func customersBy(email string) *etree.Element {
	ask := etree.NewElement(msgs + ":" + searching)
	basic := ask.CreateElement(msgs + ":searchRecord")
	basic.CreateAttr("xsi:type", common+":CustomerSearchBasic")
	field := basic.CreateElement(common + ":email")
	field.CreateAttr("operator", "is")
	field.CreateElement(core + ":searchValue").CreateText(email)
	basic.CreateElement(common + ":isInactive").CreateElement(core + ":searchValue").CreateText("false")
	return ask
}
