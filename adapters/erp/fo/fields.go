package fo

import (
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// Fields that are read back, or asked for their rule.
const (
	fieldNumber    = "SALESORDERNUMBER"
	fieldReference = "CUSTOMERSORDERREFERENCE"
	fieldPO        = "CUSTOMERREQUISITIONNUMBER"
	fieldLot       = "INVENTORYLOTID"
	fieldItem      = "ITEMNUMBER"
	fieldQuantity  = "ORDEREDSALESQUANTITY"
	fieldAmount    = "LINEAMOUNT"
)

// A field is a field of a staging entity and what it takes.
type field struct {
	name string
	rule salesdoc.Rule
}

// least is the shortest that a field may be configured to be: what we make ourselves must
// have room.
func (f field) least() int {
	switch f.name {
	case fieldReference:
		return len(" [0123456789ab]") + 10
	case fieldLot:
		return lotLength
	}
	return 1
}

// key is a field that is never cut, note one that is, and extra one that is left out.
func key(name string, length int) field {
	return field{name, salesdoc.Rule{Length: length, Count: salesdoc.UTF16, Overflow: salesdoc.Hold}}
}

func note(name string, length int) field {
	return field{name, salesdoc.Rule{Length: length, Count: salesdoc.UTF16, Overflow: salesdoc.CutMark}}
}

func extra(name string, length int) field {
	return field{name, salesdoc.Rule{Length: length, Count: salesdoc.UTF16, Overflow: salesdoc.Omit}}
}

// plain is a date, a number or an enumeration: it has no length.
func plain(name string) field { return field{name: name} }

// headerFields are those of "Sales order headers V2", in the order in which they are
// written. The names are those of the Common Data Model's SalesOrderHeaderV2Entity. The
// lengths are those of the standard extended data types; an environment may have made them
// longer (setting lengths). F&O counts in units of UTF-16.
//
//	dates    YYYY-MM-DD
//	numbers  decimal point, no grouping, no exponent
//	booleans Yes, No
var headerFields = []field{
	key(fieldNumber, 20),
	key("ORDERINGCUSTOMERACCOUNTNUMBER", 20),
	key("INVOICECUSTOMERACCOUNTNUMBER", 20),
	key("CURRENCYCODE", 3),
	key(fieldReference, 60),
	key(fieldPO, 20),
	note("SALESORDERNAME", 60),
	extra("EMAIL", 80),
	plain("REQUESTEDSHIPPINGDATE"),
	plain("AREPRICESINCLUDINGSALESTAX"),
	key("PAYMENTTERMSNAME", 10),
	key("CUSTOMERPAYMENTMETHODNAME", 10),
	plain("FIXEDDUEDATE"),
	key("DELIVERYMODECODE", 10),
	key("DEFAULTSHIPPINGWAREHOUSEID", 10),
	plain("ISDELIVERYADDRESSORDERSPECIFIC"),
	note("DELIVERYADDRESSNAME", 60),
	note("DELIVERYADDRESSDESCRIPTION", 60),
	key("DELIVERYADDRESSSTREET", 250),
	key("DELIVERYADDRESSCITY", 60),
	key("DELIVERYADDRESSSTATEID", 10),
	key("DELIVERYADDRESSZIPCODE", 10),
	key("DELIVERYADDRESSCOUNTRYREGIONID", 10),
	key("DELIVERYADDRESSCOUNTRYREGIONISOCODE", 2),
}

// lineFields are those of "Sales order lines V2" (SalesOrderLineV2Entity).
var lineFields = []field{
	key(fieldNumber, 20),
	key(fieldLot, 20),
	plain("LINECREATIONSEQUENCENUMBER"),
	key(fieldItem, 20),
	extra("EXTERNALITEMNUMBER", 20),
	note("LINEDESCRIPTION", 1000),
	plain(fieldQuantity),
	key("SALESUNITSYMBOL", 10),
	plain("SALESPRICE"),
	plain("SALESPRICEQUANTITY"),
	plain("LINEDISCOUNTAMOUNT"),
	plain(fieldAmount),
	key("SALESTAXITEMGROUPCODE", 10),
	key("SHIPPINGWAREHOUSEID", 10),
	plain("REQUESTEDSHIPPINGDATE"),
}

func headerNames() []string { return names(headerFields) }
func lineNames() []string   { return names(lineFields) }

func names(fields []field) []string {
	out := make([]string, 0, len(fields))
	for _, f := range fields {
		out = append(out, f.name)
	}
	return out
}

// fieldNamed returns a field of either entity.
func fieldNamed(name string) (field, bool) {
	for _, fields := range [][]field{headerFields, lineFields} {
		for _, f := range fields {
			if f.name == name {
				return f, true
			}
		}
	}
	return field{}, false
}
