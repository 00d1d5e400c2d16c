package storefronttest

import "github.com/hakooi/erpbridge"

// A Reading is what the verdict on a hostile body leaves open.
type Reading struct {
	// Reason is part of the error of a body that is refused: it has to be refused for
	// this, not for something else.
	Reason string
	// Reads returns what of an order that is taken has to be Want.
	Reads func(*erpbridge.Order) string
	Want  string
	// Demanded is the verdict in place of the manifest's, where a platform's own rules
	// come to another one.
	Demanded string
}

// readings are those in which no platform differs from another. The bodies are known by
// their names in the manifest; the reasons are those of strictjson and normalizer.
var readings = map[string]Reading{
	"02-case-variant-key":     {Reads: Total, Want: "1.00"},
	"03-unicode-fold-key":     {Reads: Total, Want: "5.00"},
	"05-id-2pow53-plus1":      {Reads: ID, Want: "9007199254740993"},
	"06-id-uint64-max":        {Reads: ID, Want: "18446744073709551615"},
	"07-id-1e3":               {Reads: ID, Want: "1000"},
	"08-id-1.0":               {Reads: ID, Want: "1"},
	"13-price-float-binary":   {Reads: Total, Want: "0.10"},
	"14-price-negative-zero":  {Reads: negative, Want: "no"},
	"18-price-kwd":            {Reads: Total, Want: "1.234"},
	"20-quantity-string":      {Reads: ID, Want: "1"},
	"21-deep-9999":            {Reason: "nested deeper than 64"},
	"22-deep-20k":             {Reason: "nested deeper than 64"},
	"23-bom":                  {Reason: "byte 0"},
	"24-utf16":                {Reason: "byte 0"},
	"26-lone-surrogate":       {Reason: "surrogate"},
	"27-nul-char":             {Reads: number, Want: "ab"},
	"28-control-chars":        {Reads: number, Want: "ab"},
	"29-trailing-garbage":     {Reason: "something follows the document"},
	"30-two-documents":        {Reason: "something follows the document"},
	"31-empty":                {Reason: "the document is empty"},
	"32-null":                 {Reason: "the document is null"},
	"33-array":                {Reason: "an array does not belong here"},
	"34-unknown-keys-10k":     {Reads: ID, Want: "1"},
	"35-line-items-5000":      {Reads: ID, Want: "1"},
	"37-timestamp-leap":       {Reads: updated, Want: "2016-12-31 23:59:59 +0000 UTC"},
	"38-timestamp-far-future": {Reason: "more than a day after the message came"},
	"39-timestamp-equal":      {Reads: ID, Want: "450789469"},
	"40-proto-pollution":      {Reads: ID, Want: "1"},
}

// ID returns an order's ID, Total what it comes to: both are what many a Reading reads.
func ID(o *erpbridge.Order) string { return o.ID }

// Total returns what an order comes to, without its currency.
func Total(o *erpbridge.Order) string { return o.Total.Plain() }

func number(o *erpbridge.Order) string  { return o.Number }
func updated(o *erpbridge.Order) string { return o.UpdatedAt.UTC().String() }

func negative(o *erpbridge.Order) string {
	if o.Total.Amount.IsNeg() {
		return "yes"
	}
	return "no"
}
