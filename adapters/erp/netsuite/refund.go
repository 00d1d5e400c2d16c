package netsuite

import (
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// refund renders money paid back, or goods that come back. Whose it is the order in
// NetSuite says: the entity names the order here, and Deliver puts its customer there.
//
// NetSuite creates a return authorization from a sales order, but a credit memo from an
// invoice or a return authorization alone, and a cash refund from a cash sale or one: none
// of them is known here, so these two stand by themselves.
func (t *translation) refund() (*record, error) {
	kind, name, layout := creditMemo, "credit", creditLine
	switch {
	case t.d.Kind == salesdoc.ReturnOrder:
		kind, name, layout = returnAuthorization, "return", returnLine
	case t.conf.RefundRecord == ByCashRefund:
		kind, name, layout = cashRefund, "cashrefund", cashLine
	}
	if len(t.d.Items) > maxLines {
		return nil, invalid("the refund comes to %d lines, NetSuite takes %d", len(t.d.Items), maxLines)
	}
	r := t.newRecord(cust, kind, t.externalID(name, t.d.ID))
	if kind != cashRefund {
		r.ref("currency", t.currency)
	}
	r.external("entity", t.orderID(), salesOrder)
	r.plain("tranDate", t.tranDate)
	r.text("tranId", t.d.Number)
	r.ref("department", t.conf.Department)
	r.ref("class", t.conf.Class)
	r.ref("location", t.d.Location)
	r.text("otherRefNum", t.d.PO)
	t.memo(r.group("memo", "", ""), kind, nil)
	if kind == returnAuthorization && t.conf.LinkReturns {
		r.external("createdFrom", t.orderID(), salesOrder)
	}
	if kind == cashRefund {
		r.ref("account", t.conf.DepositAccount)
		r.ref("currency", t.currency)
	}
	return r, t.itemList(r.fields, kind, t.d.Items, layout)
}

// closing renders what closes an order of which no more is known than its id. Its lines
// are not known either: Deliver looks them up.
func (t *translation) closing() (*record, error) {
	r := t.newRecordFor(updateList, sales, salesOrder, t.orderID())
	r.kind = closing
	r.group("itemList", sales, "SalesOrderItemList").el.CreateAttr("replaceAll", "false")
	return r, nil
}
