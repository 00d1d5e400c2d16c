package fo

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

const (
	translateOp = "fo.Translate"
	salesOrder  = "SalesOrder" // Document.Kind
	priceDigits = 2            // decimals of a price, where the currency has fewer
	maxLines    = 1000
)

// Translate renders an order's full state as one Document.
func (e *ERP) Translate(ev erpbridge.Event) ([]erpbridge.Document, error) {
	d, err := e.documents.Translate(ev)
	if err != nil {
		return nil, err
	}
	if d.Kind != salesdoc.Order || d.Cancelled {
		return nil, &erpbridge.Error{Op: translateOp, Kind: erpbridge.Held, Err: fmt.Errorf("a %s cannot be told by a data package: book it by hand", d.Kind)}
	}
	o, err := e.order(d)
	if err != nil {
		return nil, err
	}
	body, err := e.body(o)
	if err != nil {
		return nil, err
	}
	return []erpbridge.Document{{
		Key:     d.Key(salesOrder),
		Target:  e.name,
		Stream:  d.Stream(),
		Kind:    salesOrder,
		Record:  salesOrder + "/" + d.Reference,
		Version: ev.Version,
		Body:    body,
	}}, nil
}

// order renders the header and the lines.
func (e *ERP) order(d *salesdoc.Document) (*order, error) {
	if len(d.Items) == 0 || len(d.Items) > maxLines {
		return nil, held("the order has %d lines, an import takes 1 to %d: book it by hand", len(d.Items), maxLines)
	}
	po, above := e.purchaseOrder(d)
	header, err := e.header(d, po)
	if err != nil {
		return nil, err
	}
	o := &order{header: header}
	nth := map[string]int{}
	for i, it := range d.Items {
		// What a line is does not depend on where it stands: its lot id stays when lines
		// are added or go.
		name := string(it.Kind) + "/" + it.LineID
		nth[name]++
		if i == 0 {
			it.Description = above + it.Description
		}
		line, err := e.line(d, it, i+1, fmt.Sprintf("%s/%d", name, nth[name]))
		if err != nil {
			return nil, err
		}
		o.lines = append(o.lines, line)
	}
	return o, nil
}

// purchaseOrder returns what stands for the purchase order number in the header, and what
// begins the description of the first line where the number itself is too long for that.
func (e *ERP) purchaseOrder(d *salesdoc.Document) (po, above string) {
	f, _ := fieldNamed(fieldPO)
	if _, err := e.rule(f).Fit(d.PO); err == nil || e.conf.LongPO == HoldPO {
		return d.PO, ""
	}
	return d.OrderID, "Purchase order " + d.PO + "\n"
}

func (e *ERP) header(d *salesdoc.Document, po string) (*record, error) {
	if d.Number == "" {
		return nil, held("the order has no number: set mapping.number of target %s", e.name)
	}
	values := map[string]string{
		fieldNumber:                     d.Number,
		"ORDERINGCUSTOMERACCOUNTNUMBER": d.Buyer.Number,
		"INVOICECUSTOMERACCOUNTNUMBER":  d.Buyer.Number,
		"CURRENCYCODE":                  d.Currency,
		fieldReference:                  d.Reference + marker(d.Key(salesOrder)),
		fieldPO:                         po,
		"SALESORDERNAME":                d.Buyer.Name(),
		"EMAIL":                         d.Buyer.Email,
		"REQUESTEDSHIPPINGDATE":         d.Date,
		"AREPRICESINCLUDINGSALESTAX":    yes(d.PricesIncludeTax),
		"PAYMENTTERMSNAME":              d.PaymentTerms,
		"CUSTOMERPAYMENTMETHODNAME":     d.PaymentMethod,
		"FIXEDDUEDATE":                  d.DueDate,
		"DELIVERYMODECODE":              d.ShipMethod,
		"DEFAULTSHIPPINGWAREHOUSEID":    d.Location,
	}
	if a := d.ShipTo; a != nil {
		street := a.Street1
		if a.Street2 != "" {
			street += "\n" + a.Street2
		}
		maps.Copy(values, map[string]string{
			"ISDELIVERYADDRESSORDERSPECIFIC":      "Yes",
			"DELIVERYADDRESSNAME":                 cmp.Or(a.Name, a.Company),
			"DELIVERYADDRESSDESCRIPTION":          cmp.Or(a.Company, a.Name),
			"DELIVERYADDRESSSTREET":               street,
			"DELIVERYADDRESSCITY":                 a.City,
			"DELIVERYADDRESSSTATEID":              a.Region,
			"DELIVERYADDRESSZIPCODE":              a.Postcode,
			"DELIVERYADDRESSCOUNTRYREGIONISOCODE": a.ISO,
		})
		if a.Country != a.ISO {
			values["DELIVERYADDRESSCOUNTRYREGIONID"] = a.Country
		}
	}
	return e.record(headerFields, values, e.conf.Headers.Fields)
}

func (e *ERP) line(d *salesdoc.Document, it salesdoc.Item, n int, name string) (*record, error) {
	values := map[string]string{
		fieldNumber:                  d.Number,
		fieldLot:                     e.lot(d, name),
		"LINECREATIONSEQUENCENUMBER": fmt.Sprint(n),
		fieldItem:                    it.Code,
		"EXTERNALITEMNUMBER":         it.SKU,
		"LINEDESCRIPTION":            it.Description,
		fieldQuantity:                it.Quantity.String(),
		"SALESUNITSYMBOL":            it.Unit,
		fieldAmount:                  it.Amount.Plain(),
		"SALESTAXITEMGROUPCODE":      it.TaxCode,
		"SHIPPINGWAREHOUSEID":        it.Location,
		"REQUESTEDSHIPPINGDATE":      d.Date,
	}
	if it.Code == "" || it.As != salesdoc.AsItem && it.As != "" {
		return nil, held("line %d, %q, is posted as %s %q: a sales order line of F&O needs an item", n, clip(it.Description, 60), it.As, it.Code)
	}
	price(values, d, it)
	r, err := e.record(lineFields, values, e.conf.Lines.Fields)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", n, err)
	}
	return r, nil
}

// price says what a piece costs, and what is taken off. F&O works out the amount of a line
// as quantity x (price - discount) / price quantity. Where a price or a discount of one
// piece is no exact number, those of all pieces are told, with the price quantity to match.
func price(values map[string]string, d *salesdoc.Document, it salesdoc.Item) {
	places := max(d.Digits, priceDigits)
	one, exact := it.Price(places)
	off := erpbridge.Decimal{}
	if exact && !it.Discount.IsZero() {
		off, exact = salesdoc.Item{Gross: it.Discount, Quantity: it.Quantity}.Price(places)
	}
	if exact {
		values["SALESPRICE"] = one.String()
	} else {
		values["SALESPRICE"] = it.Gross.Plain()
		values["SALESPRICEQUANTITY"] = it.Quantity.String()
		off = it.Discount.Amount
	}
	if !it.Discount.IsZero() {
		values["LINEDISCOUNTAMOUNT"] = off.String()
	}
}

// record fits values to the fields of an entity.
func (e *ERP) record(fields []field, values, constants map[string]string) (*record, error) {
	r := newRecord()
	for _, f := range fields {
		value, err := e.rule(f).Fit(values[f.name])
		if err != nil {
			return nil, salesdoc.Misfit(translateOp, f.name, err)
		}
		r.set(f.name, value)
	}
	for _, name := range slices.Sorted(maps.Keys(constants)) {
		r.set(name, constants[name])
	}
	return r, nil
}

// rule is what a field takes here.
func (e *ERP) rule(f field) salesdoc.Rule {
	rule := f.rule
	if n, ok := e.conf.Lengths[f.name]; ok {
		rule.Length = n
	}
	return rule
}

// lotLength is how long our lot ids are at the most.
const lotLength = 20

// lot returns the inventory lot id of a line: the same for every state of the order.
func (e *ERP) lot(d *salesdoc.Document, line string) string {
	sum := sha256.Sum256([]byte(d.Event.Store + "\x00" + d.OrderID + "\x00" + line))
	return e.conf.LotPrefix + base32.StdEncoding.EncodeToString(sum[:10])
}

// marker is what an order carries of its Document's key.
func marker(key string) string {
	sum := sha256.Sum256([]byte(key))
	return " [" + hex.EncodeToString(sum[:6]) + "]"
}

func yes(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}

func held(format string, args ...any) error {
	return &erpbridge.Error{Op: translateOp, Kind: erpbridge.Held, Err: fmt.Errorf(format, args...)}
}
