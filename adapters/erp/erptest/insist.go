package erptest

import (
	"context"
	"errors"

	"github.com/hakooi/erpbridge"
)

// mostTries is after how many requests Insist gives up: a simulated ERP that fails every
// second one is through long before.
const mostTries = 200

// Insist delivers a document as the outbox does, but for its patience: what is in doubt is
// looked up, or sent the same again where the adapter cannot look; what is not there is
// sent; and what the ERP will never take comes back as the error.
func Insist(ctx context.Context, erp erpbridge.ERP, d erpbridge.Document) (erpbridge.Receipt, error) {
	finder, finds := erp.(erpbridge.Finder)
	docs, doubt := []erpbridge.Document{d}, false
	for range mostTries {
		ask := erp.Deliver
		if doubt {
			ask = finder.Find
		}
		r := ask(ctx, docs)[0]
		switch kind := erpbridge.KindOf(r.Err); kind {
		case "", erpbridge.Duplicate:
			return r.Receipt, nil
		case erpbridge.InDoubt:
			doubt = finds
		case erpbridge.Missing:
			doubt = false
		case erpbridge.Invalid, erpbridge.Refused:
			return r.Receipt, r.Err
		}
	}
	return erpbridge.Receipt{}, errors.New("there is no end to it")
}
