package sapidoc

import (
	"fmt"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// Translate renders what an event comes to: of an order the customer where it is to be
// made, the order, and its change or cancellation; of a refund a return order or a credit
// memo request.
func (e *ERP) Translate(ev erpbridge.Event) ([]erpbridge.Document, error) {
	d, err := e.sales.Translate(ev)
	if err != nil {
		return nil, err
	}
	t := &translation{ERP: e, ev: ev, d: d}
	if err := t.party(); err != nil {
		return nil, err
	}
	switch d.Kind {
	case salesdoc.Cancellation:
		err = t.gone()
	case salesdoc.ReturnOrder:
		err = t.render(paper{word: "return", conf: e.conf.Returns, item: plainItem})
	case salesdoc.CreditMemo:
		err = t.render(paper{word: "credit", conf: e.conf.Credits, item: plainItem})
	default:
		err = t.order()
	}
	return t.docs, err
}

// translation is one event on its way.
type translation struct {
	*ERP
	ev   erpbridge.Event
	d    *salesdoc.Document
	docs []erpbridge.Document

	// number is the buyer's in SAP, as SAP stores it.
	number string
}

// A paper is one sales document of SAP's, made or changed by an IDoc.
type paper struct {
	word   string // in its Document.Key
	conf   DocumentConfig
	record string // Document.Record
	// once is what the IDoc is known by where that is not its key.
	once   string
	action string // of the header
	total  bool   // it states what the document comes to
	// addresses: it changes single items, each found by its number.
	addresses bool
	// item says what an item's ACTION and ABGRU are, and its quantity.
	item func(t *translation, it salesdoc.Item) (action, rejection string, quantity erpbridge.Decimal)
}

func plainItem(_ *translation, it salesdoc.Item) (action, rejection string, quantity erpbridge.Decimal) {
	return "", "", it.Quantity
}

// order renders the documents of an order's full state. The order itself comes in every
// state, because whichever is the first to arrive makes it; see the package comment.
func (t *translation) order() error {
	makes, why := t.makes()
	if makes && t.d.Buyer.Create {
		if err := t.customer(); err != nil {
			return err
		}
	}
	if makes {
		if err := t.render(paper{
			word: "ORDERS", conf: t.conf.Orders.DocumentConfig, record: "ORDERS/" + t.d.Reference,
			once: t.ev.Store + "/order/" + t.d.OrderID + "/ORDERS", total: true, item: plainItem,
		}); err != nil {
			return err
		}
	}
	switch {
	case t.d.Cancelled:
		p := t.cancelled()
		if makes {
			p.record = "ORDCHG/" + t.d.Reference
		}
		return t.render(p)
	case t.conf.Change.Send && t.ev.Type != erpbridge.OrderPlaced:
		return t.render(paper{word: "change", conf: t.conf.Change.DocumentConfig, record: "ORDCHG/" + t.d.Reference, addresses: true, item: changedItem})
	case !makes:
		return &erpbridge.Error{Op: translateOp, Kind: erpbridge.Ignored, Err: fmt.Errorf("%s: %s", t.ev.Type, why)}
	}
	return nil
}

// makes reports whether the event may make an order, and why not.
func (t *translation) makes() (bool, string) {
	listed := false
	for _, on := range t.conf.Orders.On {
		listed = listed || on == t.ev.Type
	}
	within, placed := t.conf.Orders.CreateWithin, t.d.Order.PlacedAt
	switch {
	case !listed:
		return false, "it makes no order in SAP (orders.on), and changes are not sent (change.send)"
	case within > 0 && !placed.IsZero() && t.ev.Version.At.Sub(placed) > within:
		return false, fmt.Sprintf("the order is of %s, longer ago than orders.create_within (%s): it is not made in SAP any more", placed.UTC().Format(time.DateOnly), within)
	}
	return true, ""
}

// gone renders the cancellation of an order of which no more is known than its id. SAP
// takes an ORDCHG without items for booked and cancels nothing by it, unless its header
// says so.
func (t *translation) gone() error {
	switch {
	case t.d.Cancel == salesdoc.CloseOrder:
		return t.held("order %s is gone from the shop, which says no more about it, and SAP closes an order by its items: reject them there if it has the order, and close this with erpbridge held discard", t.d.PO)
	case !t.conf.Cancel.reverses():
		return t.held("order %s is gone from the shop, which says no more about it, and without its items ORDCHG cancels nothing: cancel it in SAP if it is there, and close this with erpbridge held discard; or set cancel.header_action of target %s, to 001 where SAP reverses the whole order by it",
			t.d.PO, t.name)
	}
	return t.render(t.cancelled())
}

// cancelled is the paper that cancels or closes the order.
func (t *translation) cancelled() paper {
	c := t.conf.Cancel
	action := c.HeaderAction
	if t.d.Cancel == salesdoc.CloseOrder && c.reverses() {
		action = "" // it would be reversed, where its items are to be rejected
	}
	return paper{word: "cancel", conf: c.DocumentConfig, action: action, item: func(t *translation, it salesdoc.Item) (string, string, erpbridge.Decimal) {
		if t.d.Cancel == salesdoc.CloseOrder {
			return c.CloseAction, c.Rejection, it.Quantity
		}
		return c.Action, "", it.Quantity
	}}
}

// changedItem says what is left of an item. What is taken off a line goes with the line,
// and is one piece while there is any of it.
//
// Nobody here knows whether SAP has the item: any earlier state may have made the order.
// One that was added since is changed like the others, and SAP, which finds none by its
// number, leaves the ORDCHG in status 51.
func changedItem(t *translation, it salesdoc.Item) (string, string, erpbridge.Decimal) {
	for _, l := range t.d.Order.Lines {
		if it.LineID == "" || l.ID != it.LineID {
			continue
		}
		if l.Current.IsZero() {
			return t.conf.Change.RemoveAction, "", it.Quantity
		}
		if it.Kind == salesdoc.DiscountItem {
			break
		}
		if left, err := it.Quantity.Mul(l.Current).Div(l.Quantity); err == nil {
			return t.conf.Change.Action, "", left
		}
	}
	return t.conf.Change.Action, "", it.Quantity
}

const translateOp = "sapidoc.Translate"

// render appends the document of a paper.
func (t *translation) render(p paper) error {
	if p.word == "cancel" && t.d.Cancel == salesdoc.CloseOrder && t.conf.Cancel.Rejection == "" {
		return t.held("orders are closed by rejecting their items: set cancel.rejection of target %s to a reason, such as 00", t.name)
	}
	key := t.d.Key(p.word)
	idoc := &idoc{erp: t.ERP, basic: t.conf.Orders.IDocType, extension: t.conf.Orders.Extension}
	name := p.once
	if name == "" {
		name = key
	}
	t.control(idoc, p.conf, identify(name))
	if err := t.sales(idoc, p); err != nil {
		return err
	}
	return t.append(idoc, key, p.conf.MessageType, p.record)
}

// append finishes an IDoc as a Document.
func (t *translation) append(d *idoc, key, kind, record string) error {
	body, err := d.bytes()
	if err != nil {
		if erpbridge.KindOf(err) == erpbridge.Unknown {
			return &erpbridge.Error{Op: translateOp, Kind: erpbridge.Invalid, Err: err}
		}
		return err
	}
	t.docs = append(t.docs, erpbridge.Document{
		Key: key, Target: t.name, Stream: t.d.Stream(), Kind: kind, Record: record, Version: t.ev.Version, Body: body,
	})
	return nil
}

// control writes the control record. Its times are those of the state, so that the same
// state is the same bytes.
func (t *translation) control(d *idoc, c DocumentConfig, id identity) {
	at := t.ev.Version.At.UTC()
	s := d.add("EDI_DC40")
	for _, f := range [][2]string{
		{"TABNAM", "EDI_DC40"},
		{"MANDT", t.conf.Client},
		{"DOCNUM", id.docnum},
		{"DIRECT", "2"}, // into SAP
		{"IDOCTYP", d.basic},
		{"CIMTYP", d.extension},
		{"MESTYP", c.MessageType},
		{"MESCOD", c.MessageCode},
		{"MESFCT", c.MessageFunction},
		{"SNDPOR", t.conf.Sender.Port},
		{"SNDPRT", t.conf.Sender.Type},
		{"SNDPFC", t.conf.Sender.Function},
		{"SNDPRN", t.conf.Sender.Partner},
		{"RCVPOR", t.conf.Receiver.Port},
		{"RCVPRT", t.conf.Receiver.Type},
		{"RCVPFC", t.conf.Receiver.Function},
		{"RCVPRN", t.conf.Receiver.Partner},
		{"CREDAT", at.Format("20060102")},
		{"CRETIM", at.Format("150405")},
		{"ARCKEY", id.arckey()},
		{"SERIAL", at.Format("20060102150405")},
	} {
		s.set(f[0], f[1])
	}
}

// held is the error of what waits for a mapping or a decision.
func (t *translation) held(format string, args ...any) error {
	return &erpbridge.Error{Op: translateOp, Kind: erpbridge.Held, Err: fmt.Errorf(format, args...)}
}

// padded writes a key as SAP stores it: numbers with zeros before them, anything else in
// capitals (conversion exit ALPHA). Interfaces do not do that themselves.
func padded(key string, length int) string {
	if strings.Trim(key, "0123456789") != "" {
		return strings.ToUpper(key)
	}
	if n := length - len(key); n > 0 && key != "" {
		return strings.Repeat("0", n) + key
	}
	return key
}

// date writes YYYY-MM-DD as SAP has it.
func date(day string) string { return strings.ReplaceAll(day, "-", "") }
