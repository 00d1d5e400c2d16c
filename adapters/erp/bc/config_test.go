package bc

import (
	"fmt"
	"strings"
	"testing"
)

func TestConfigNamesWhatIsWrong(t *testing.T) {
	for setting, want := range map[string]string{
		"url: ''":                                          "url is missing",
		"url: ftp://x":                                     "url: is not an http or https URL",
		"url: http://nav.example.com/WS":                   "url: must be https",
		"url: https://u:p@nav.example/WS":                  "url: must not hold credentials",
		"url: https://nav.example/WS?x=1":                  "url: must end with the path",
		"company: ''":                                      "company is missing",
		"timeout: 0s":                                      "timeout: must be more than nought",
		"auth: {basic: null}":                              "auth: must have exactly one of",
		"auth: {basic: {user: ''}}":                        "auth.basic.user is missing",
		"pages: {sales_order: 'a b'}":                      `pages.sales_order: "a b" is not the name`,
		"pages: {credit_memo: ''}":                         "pages.credit_memo",
		"pages: {customer: '1'}":                           "pages.customer",
		"reference_field: 'External Document No.'":         "reference_field: ",
		"posted_pages: [{page: ''}]":                       "posted_pages[0].page",
		"posted_pages: [{page: P, reference_field: '?'}]":  "posted_pages[0].reference_field",
		"missing_fields: [Unit_Price]":                     "missing_fields: without Unit_Price it would be another record",
		"missing_fields: [Sales_Order_Line.Quantity]":      "missing_fields: without Sales_Order_Line.Quantity",
		"missing_fields: [External_Document_No]":           "missing_fields: without External_Document_No",
		"omit_fields: [Sell_to_Customer_No]":               "omit_fields: without Sell_to_Customer_No",
		"changes: maybe":                                   `changes: "maybe" is not one of`,
		"prices_including_vat: no":                         `prices_including_vat: "no" is not one of`,
		"local_currency: ''":                               "local_currency is missing",
		"local_currency: LCY":                              `local_currency: "LCY" is not an ISO 4217 currency`,
		"currencies: {XYZ: '1'}":                           `currencies: "XYZ"`,
		"order_fields: {No: '1'}":                          "order_fields: No is the bridge's own to set",
		"order_fields: {External_Document_No: '1'}":        "order_fields: External_Document_No is the bridge's own to set",
		"line_fields: {Unit_Price: '1'}":                   "line_fields: Unit_Price",
		"close_fields: {Key: '1'}":                         "close_fields: Key",
		"customer_fields: {'a b': '1'}":                    "customer_fields: ",
		"credit_memo: {order_field: External_Document_No}": "credit_memo.order_field: External_Document_No carries the refund's own reference",
		"notes_field: External_Document_No":                "notes_field: External_Document_No is the bridge's own to set",
		"tax_code_field: '?'":                              "tax_code_field: ",
		"ship_method_field: Currency_Code":                 "ship_method_field: Currency_Code",
		"price_decimals: 9":                                "price_decimals: must be between 2 and 5",
		"lengths: {Nothing: 5}":                            `lengths: "Nothing" is not a field with a length`,
		"lengths: {Description: 0}":                        "lengths.Description: must be between",
		"lengths: {No: 30}":                                "lengths.No: the ERP's key has 20 characters",
		"ca_file: /does/not/exist":                         "ca_file: ",
		"mapping: {prices: some}":                          "mapping.prices: ",
		"mapping: {refund: {as: return-order}}":            "mapping.refund.as: ",
	} {
		_, err := tryOpen("https://nav.example.com", setting)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", setting, err, want)
			continue
		}
		if !strings.Contains(err.Error(), "target bc") {
			t.Errorf("%s: the target is not named: %v", setting, err)
		}
	}
	if _, err := tryOpen("https://nav.example.com", ""); err != nil {
		t.Error(err)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	e := open(t, "https://nav.example.com", "")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(verb, e.conf.Auth.Basic); strings.Contains(s, "key-1") {
			t.Errorf("%s: %s", verb, s)
		}
	}
	if got := e.reason("the password is key-1"); strings.Contains(got, "key-1") {
		t.Error(got)
	}
}

func TestEndpoint(t *testing.T) {
	c := Config{URL: "https://nav.example.com:7047/NAV/WS/", Company: "CRONUS USA, Inc."}
	if got := c.endpoint("SalesOrder"); got != "https://nav.example.com:7047/NAV/WS/CRONUS%20USA%2C%20Inc./Page/SalesOrder" {
		t.Error(got)
	}
}
