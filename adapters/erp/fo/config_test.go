package fo

import (
	"fmt"
	"strings"
	"testing"
)

func TestDefaultsAreFine(t *testing.T) {
	e := open(t, "")
	if e.conf.Auth.OAuth2.Scope != "https://contoso.operations.dynamics.com/.default" {
		t.Errorf("scope %q", e.conf.Auth.OAuth2.Scope)
	}
	// The scope has no double slash, whatever the URL ends with.
	e = open(t, "url: https://contoso.operations.dynamics.com/\n")
	if e.conf.Auth.OAuth2.Scope != "https://contoso.operations.dynamics.com/.default" {
		t.Errorf("scope %q", e.conf.Auth.OAuth2.Scope)
	}
}

func TestConfigErrors(t *testing.T) {
	for _, c := range []struct{ more, says string }{
		{"url: \"\"\n", "url is missing"},
		{"url: http://contoso.operations.dynamics.com\n", "url: must be https"},
		{"url: https://u:p@contoso.operations.dynamics.com\n", "url: must not hold credentials"},
		{"url: https://contoso.operations.dynamics.com?x=1\n", "url: must end with the host"},
		{"timeout: -1s\n", "timeout: must be more than nought"},
		{"ca_file: /nowhere/ca.pem\n", "ca_file: "},
		{"legal_entity: \"\"\n", "legal_entity: "},
		{"legal_entity: \"US'MF\"\n", "legal_entity: "},
		{"mode: soap\n", `mode: "soap" is neither package nor recurring`},
		{"mode: recurring\n", "activity_id: "},
		{"mode: recurring\nactivity_id: \"{6d31e09f-0249-459f-94f0-3aa9c2c47b64}\"\n", "activity_id: "},
		{"activity_id: 6d31e09f-0249-459f-94f0-3aa9c2c47b64\n", "activity_id: is of mode recurring"},
		{"project: \"\"\n", "project: "},
		{"auth: {basic: {user: a, password: b}}\n", "auth: F&O knows oauth2 only"},
		{"auth: {oauth2: {token_url: https://x/, client_id: a}}\n", "auth.oauth2.client_secret is missing"},
		{"auth: {}\n", "auth: must have exactly one"},
		{"headers: {element: SalesOrderHeaderV2Entity}\n", "headers.element: "},
		{"headers: {name: \"a/b\"}\n", "headers.name: "},
		{"lines: {collection: \"Sales Order Lines\"}\n", "lines.collection: "},
		{"lines: {fields: {ITEMNUMBER: X}}\n", "lines.fields.ITEMNUMBER: is filled from the order"},
		{"lines: {fields: {itemNumber: X}}\n", "lines.fields: "},
		{"headers: {fields: {SALESORDERORIGINCODE: \"\"}}\n", "headers.fields.SALESORDERORIGINCODE: is empty"},
		{"lines: {element: SALESORDERHEADERV2ENTITY}\n", "headers and lines must be two entities"},
		{"lot_prefix: abc\n", "lot_prefix: "},
		{"lot_prefix: ABCDE\n", "lot_prefix: "},
		{"changes: sometimes\n", "changes: "},
		{"unknown_after: 0s\n", "unknown_after: "},
		{"lengths: {NOSUCHFIELD: 10}\n", "lengths: \"NOSUCHFIELD\""},
		{"lengths: {LINEAMOUNT: 10}\n", "lengths: \"LINEAMOUNT\""},
		{"lengths: {CUSTOMERSORDERREFERENCE: 10}\n", "lengths.CUSTOMERSORDERREFERENCE: must be at least"},
		{"lengths: {INVENTORYLOTID: 10}\n", "lengths.INVENTORYLOTID: must be at least 20"},
		{"mapping: {number: {from: erp}}\n", "mapping.number.from: F&O cannot number"},
		{"mapping: {stores: {eu: {number: {from: erp}}}}\n", "mapping.stores.eu.number.from: F&O cannot number"},
		{"mapping: {refund: {as: credit-memo}}\n", "mapping.refund.as: "},
		{"mapping: {cancel: cancel}\n", "mapping.cancel: "},
		{"mapping: {discounts: {order: header}}\n", "mapping.discounts.order: "},
		{"mapping: {tax: {mode: pass}}\n", "mapping.tax.mode: "},
		{"mapping: {shipping: {as: charge, code: X}}\n", "mapping.shipping.as: "},
		{"mapping: {customer: {unknown: create}}\n", "mapping.customer.unknown: "},
		{"nonsense: 1\n", "nonsense"},
	} {
		_, err := New("fo", decodeYAML(with(c.more)), nil)
		if err == nil {
			t.Errorf("%q is taken", c.more)
			continue
		}
		if !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v", c.more, err)
		}
	}
}

// All that is wrong is told at once.
func TestConfigErrorsTogether(t *testing.T) {
	_, err := New("fo", decodeYAML(with("legal_entity: \"\"\nmode: soap\n")), nil)
	if err == nil || !strings.Contains(err.Error(), "legal_entity") || !strings.Contains(err.Error(), "mode") {
		t.Errorf("%v", err)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	e := open(t, "")
	for _, text := range []string{fmt.Sprintf("%v", e.conf), fmt.Sprintf("%+v", e.conf.Auth.OAuth2), fmt.Sprintf("%#v", *e.conf.Auth.OAuth2)} {
		if strings.Contains(text, "hushhush") {
			t.Errorf("a secret in %s", text)
		}
	}
	if got := e.client.reason("it says hushhush"); strings.Contains(got, "hushhush") {
		t.Error(got)
	}
}
