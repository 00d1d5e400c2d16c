package dmf

import (
	"fmt"
	"math/big"
	"regexp"
	"time"
	"unicode/utf16"
)

// A rule is what a field takes.
type rule struct {
	length   int // in units of UTF-16; zero: any
	required bool
	shape    *regexp.Regexp
}

var (
	date    = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	decimal = regexp.MustCompile(`^-?\d{1,16}(\.\d{1,10})?$`)
	boolean = regexp.MustCompile(`^(Yes|No)$`)
	integer = regexp.MustCompile(`^\d{1,9}$`)
)

// fields are those of the staging entities, as far as orders of shops need them.
var fields = map[string]map[string]rule{
	"SALESORDERHEADERV2ENTITY": {
		"SALESORDERNUMBER":                    {length: 20, required: true},
		"ORDERINGCUSTOMERACCOUNTNUMBER":       {length: 20, required: true},
		"INVOICECUSTOMERACCOUNTNUMBER":        {length: 20},
		"CURRENCYCODE":                        {length: 3, required: true},
		"CUSTOMERSORDERREFERENCE":             {length: 60},
		"CUSTOMERREQUISITIONNUMBER":           {length: 20},
		"SALESORDERNAME":                      {length: 60},
		"EMAIL":                               {length: 80},
		"REQUESTEDSHIPPINGDATE":               {shape: date},
		"REQUESTEDRECEIPTDATE":                {shape: date},
		"AREPRICESINCLUDINGSALESTAX":          {shape: boolean},
		"PAYMENTTERMSNAME":                    {length: 10},
		"CUSTOMERPAYMENTMETHODNAME":           {length: 10},
		"FIXEDDUEDATE":                        {shape: date},
		"DELIVERYMODECODE":                    {length: 10},
		"DELIVERYTERMSCODE":                   {length: 10},
		"DEFAULTSHIPPINGWAREHOUSEID":          {length: 10},
		"DEFAULTSHIPPINGSITEID":               {length: 10},
		"SALESORDERORIGINCODE":                {length: 10},
		"SALESORDERPOOLID":                    {length: 10},
		"SALESTAXGROUPCODE":                   {length: 10},
		"LANGUAGEID":                          {length: 7},
		"ISDELIVERYADDRESSORDERSPECIFIC":      {shape: boolean},
		"DELIVERYADDRESSNAME":                 {length: 60},
		"DELIVERYADDRESSDESCRIPTION":          {length: 60},
		"DELIVERYADDRESSSTREET":               {length: 250},
		"DELIVERYADDRESSCITY":                 {length: 60},
		"DELIVERYADDRESSSTATEID":              {length: 10},
		"DELIVERYADDRESSZIPCODE":              {length: 10},
		"DELIVERYADDRESSCOUNTRYREGIONID":      {length: 10},
		"DELIVERYADDRESSCOUNTRYREGIONISOCODE": {length: 2},
	},
	"SALESORDERLINEV2ENTITY": {
		"SALESORDERNUMBER":           {length: 20, required: true},
		"INVENTORYLOTID":             {length: 20},
		"LINECREATIONSEQUENCENUMBER": {shape: integer},
		"ITEMNUMBER":                 {length: 20, required: true},
		"EXTERNALITEMNUMBER":         {length: 20},
		"LINEDESCRIPTION":            {length: 1000},
		"ORDEREDSALESQUANTITY":       {required: true, shape: decimal},
		"SALESUNITSYMBOL":            {length: 10},
		"SALESPRICE":                 {shape: decimal},
		"SALESPRICEQUANTITY":         {shape: decimal},
		"LINEDISCOUNTAMOUNT":         {shape: decimal},
		"LINEAMOUNT":                 {shape: decimal},
		"SALESTAXGROUPCODE":          {length: 10},
		"SALESTAXITEMGROUPCODE":      {length: 10},
		"SHIPPINGWAREHOUSEID":        {length: 10},
		"SHIPPINGSITEID":             {length: 10},
		"REQUESTEDSHIPPINGDATE":      {shape: date},
	},
}

// wrong says what is wrong with a record, and of which field.
func wrong(element string, record map[string]string) (field, text string) {
	for name, r := range fields[element] {
		value := record[name]
		switch {
		case value == "" && r.required:
			return name, fmt.Sprintf("Field '%s' must be filled in.", name)
		case value == "":
		case r.length > 0 && len(utf16.Encode([]rune(value))) > r.length:
			return name, fmt.Sprintf("The value of field '%s' is longer than %d characters.", name, r.length)
		case r.shape != nil && !r.shape.MatchString(value):
			return name, fmt.Sprintf("The value '%s' of field '%s' cannot be converted.", value, name)
		case r.shape == date:
			if _, err := time.Parse(time.DateOnly, value); err != nil {
				return name, fmt.Sprintf("The value '%s' of field '%s' is no date.", value, name)
			}
		}
	}
	return "", ""
}

// amount works a line out: quantity x (price - discount) / price quantity.
func amount(line map[string]string) *big.Rat {
	rat := func(name, otherwise string) *big.Rat {
		value := line[name]
		if value == "" {
			value = otherwise
		}
		r, _ := new(big.Rat).SetString(value)
		return r
	}
	per := rat("SALESPRICEQUANTITY", "1")
	if per.Sign() == 0 {
		per = big.NewRat(1, 1)
	}
	sum := rat("SALESPRICE", "0")
	sum.Sub(sum, rat("LINEDISCOUNTAMOUNT", "0"))
	sum.Mul(sum, rat("ORDEREDSALESQUANTITY", "0"))
	return sum.Quo(sum, per)
}

// plain writes a number with up to six decimals.
func plain(r *big.Rat) string {
	text := r.FloatString(6)
	for len(text) > 1 && text[len(text)-1] == '0' {
		text = text[:len(text)-1]
	}
	if text[len(text)-1] == '.' {
		text = text[:len(text)-1]
	}
	return text
}
