package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge/wsdl/gp"
	"github.com/hakooi/erpbridge/wsdl/nav"
	"github.com/hakooi/erpbridge/wsdl/netsuite"
	"github.com/hakooi/erpbridge/wsdl/sapidoc"
	"github.com/hakooi/erpbridge/wsdl/saps4"
)

// targetConfig returns a configuration with one target. The command does not look at what
// else a target has set.
func targetConfig(t *testing.T, kind string) string {
	t.Helper()
	return file(t, "erpbridge.yaml", `database: {url: "postgres://erpbridge@127.0.0.1:5432/erpbridge?sslmode=disable"}
broker: {url: "amqp://127.0.0.1:5672/"}
stores: [{name: shop, kind: shopify, shop: s.myshopify.com, secrets: [a-secret-for-these-tests]}]
targets: [{name: erp, kind: `+kind+`}]
`)
}

// published is a page under a name of the merchant's, with lines of his own.
func published(name string) []byte {
	r := strings.NewReplacer("page/salesorder", "page/"+strings.ToLower(name), `"SalesOrder`, `"`+name, ":SalesOrder", ":"+name, "Sales_Order_Line", "Web_Line")
	return []byte(r.Replace(string(nav.SalesOrder)))
}

func TestWSDLCheck(t *testing.T) {
	without := func(wsdl []byte, line string) []byte {
		if !bytes.Contains(wsdl, []byte(line)) {
			t.Fatalf("there is no %s", line)
		}
		return bytes.Replace(wsdl, []byte(line), nil, 1)
	}
	for _, c := range []struct {
		name, kind, document string
		wsdl                 []byte
		code                 int
		want                 string
	}{
		{"netsuite", "netsuite", "", netsuite.WSDL, exitOK, "ok     target erp: the WSDL has all that is needed of upsertList"},
		{"another version of netsuite", "netsuite", "", bytes.ReplaceAll(netsuite.WSDL, []byte("2023_2"), []byte("2025_1")), exitOK, "ok     target erp"},
		{"gp", "gp", "", gp.WSDL, exitOK, "ok     target erp"},
		{"orders as IDocs", "sap-idoc", "order", sapidoc.WSDL, exitOK, "ok     target erp"},
		{"customers as IDocs", "sap-idoc", "customer", sapidoc.Customer, exitOK, "ok     target erp"},
		{"orders for customers", "sap-idoc", "customer", sapidoc.WSDL, exitFailed, "WRONG"},
		{"orders of S/4", "sap-s4", "order", saps4.OrderRequest, exitOK, "ok     target erp"},
		{"partners of S/4", "sap-s4", "business-partner", saps4.BusinessPartner, exitOK, "ok     target erp"},
		{"a page", "bc", "order", nav.SalesOrder, exitOK, "ok     target erp"},
		{"a page with a name of its own", "bc", "order", published("WebOrders"), exitOK, "ok     target erp"},
		{"customers", "bc", "customer", nav.Customer, exitOK, "ok     target erp"},
		{"credit memos", "bc", "credit-memo", nav.SalesCreditMemo, exitOK, "ok     target erp"},

		{
			"a field that is not shown", "bc", "order", without(published("WebOrders"), `<xsd:element name="External_Document_No" type="xsd:string" minOccurs="0"/>`), exitFailed,
			"WRONG  Create request: Create/WebOrders/External_Document_No: there is no such element\n       to do: show the field",
		},
		{"the wrong document", "bc", "customer", nav.SalesOrder, exitFailed, "WRONG"},
		{"the wrong service", "gp", "", netsuite.WSDL, exitFailed, "WRONG  CreateSalesOrder: there is no such operation\n"},
		{"another type", "gp", "", bytes.ReplaceAll(gp.WSDL, []byte(`name="DecimalDigits" type="xsd:int"`), []byte(`name="DecimalDigits" type="xsd:string"`)), exitFailed, "its type is string, ours is int\n       to do: ask whoever"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := []string{"wsdl", "check", "-c", targetConfig(t, c.kind), "--target", "erp", "--document", c.document, file(t, "customers.wsdl", string(c.wsdl))}
			code, stdout, stderr := command(t, args...)
			if code != c.code || stderr != "" || !strings.Contains(stdout, c.want) {
				t.Errorf("exit code %d, want %d; stderr %q; no %q in:\n%s", code, c.code, stderr, c.want, stdout)
			}
			code, stdout, _ = command(t, append(args, "-o", "json")...)
			var got struct {
				OK          bool `json:"ok"`
				Operations  []string
				Differences []wsdlFinding
			}
			if err := json.Unmarshal([]byte(stdout), &got); err != nil {
				t.Fatalf("%v: %s", err, stdout)
			}
			if code != c.code || got.OK != (c.code == exitOK) || got.OK != (len(got.Differences) == 0) || len(got.Operations) == 0 {
				t.Errorf("exit code %d, ok %t, %d differences, operations %v", code, got.OK, len(got.Differences), got.Operations)
			}
			for _, d := range got.Differences {
				if d.Text == "" || d.Advice == "" || d.Kind == "" || d.Operation == "" {
					t.Errorf("%+v", d)
				}
			}
		})
	}
}

func TestWSDLCheckOfAURL(t *testing.T) {
	// A server that keeps its types apart, as WCF does.
	whole := string(gp.WSDL)
	head, rest, _ := strings.Cut(whole, "<wsdl:types>")
	types, tail, _ := strings.Cut(rest, "</wsdl:types>")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.RequestURI() {
		case "/gp.asmx?wsdl":
			_, _ = w.Write([]byte(head + `<wsdl:types><xsd:schema><xsd:import namespace="http://schemas.microsoft.com/dynamics/gp/2006/01" schemaLocation="?part=0"/></xsd:schema></wsdl:types>` + tail))
		case "/gp.asmx?part=0":
			_, _ = w.Write([]byte(head + "<wsdl:types>" + types + "</wsdl:types></wsdl:definitions>"))
		case "/login":
			w.WriteHeader(http.StatusUnauthorized)
		case "/page":
			_, _ = w.Write([]byte("<!DOCTYPE html><html></html>"))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer srv.Close()
	for _, c := range []struct {
		path           string
		code           int
		stdout, stderr string
	}{
		{"/gp.asmx?wsdl", exitOK, "ok     target erp", ""},
		{"/login", exitFailed, "", "wants a login (HTTP 401): save it with a browser"},
		{"/page", exitFailed, "", "a DOCTYPE or another directive"},
		{"/none", exitFailed, "", "answers HTTP 404"},
	} {
		code, stdout, stderr := command(t, "wsdl", "check", "-c", targetConfig(t, "gp"), "--target", "erp", "--url", srv.URL+c.path)
		if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) || (c.stderr == "") != (stderr == "") {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", c.path, code, stdout, stderr)
		}
	}
}

func TestWSDLCheckArguments(t *testing.T) {
	wsdl := file(t, "x.wsdl", string(gp.WSDL))
	for _, c := range []struct {
		name, kind, stderr string
		code               int
		args               []string
	}{
		{"nowhere", "gp", "a file, or --url", exitUsage, []string{"--target", "erp"}},
		{"twice", "gp", "a file, or --url", exitUsage, []string{"--target", "erp", "--url", "https://erp.example/", wsdl}},
		{"two files", "gp", "wsdl check --help", exitUsage, []string{"--target", "erp", wsdl, wsdl}},
		{"no target", "gp", "say which target with --target; configured: erp", exitUsage, []string{wsdl}},
		{"unknown target", "gp", `there is no target "other"; configured: erp`, exitUsage, []string{"--target", "other", wsdl}},
		{"no SOAP", "fo", "a target of kind fo has no WSDL", exitUsage, []string{"--target", "erp", wsdl}},
		{"which document", "bc", "say with --document which one's WSDL this is: order, credit-memo, customer", exitUsage, []string{"--target", "erp", wsdl}},
		{"unknown document", "bc", "order, credit-memo, customer", exitUsage, []string{"--target", "erp", "--document", "invoice", wsdl}},
		{"document of one", "gp", "leave --document out", exitUsage, []string{"--target", "erp", "--document", "order", wsdl}},
		{"no such file", "gp", "is not there", exitFailed, []string{"--target", "erp", filepath.Join(t.TempDir(), "none.wsdl")}},
		{"no WSDL", "gp", "is not a WSDL, but <order>", exitFailed, []string{"--target", "erp", file(t, "order.xml", "<order/>")}},
		{"credentials in the URL", "gp", "must not hold credentials", exitFailed, []string{"--target", "erp", "--url", "https://u:hush@erp.example/"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := command(t, append([]string{"wsdl", "check", "-c", targetConfig(t, c.kind)}, c.args...)...)
			if code != c.code || !strings.Contains(stderr, c.stderr) || stdout != "" || strings.Contains(stderr, "hush") {
				t.Errorf("exit code %d, want %d; stdout %q, stderr %q", code, c.code, stdout, stderr)
			}
		})
	}
}

// What a WSDL says does not reach the terminal as it stands.
func TestWSDLCheckPrintsNoControlCharacters(t *testing.T) {
	wsdl := bytes.ReplaceAll(gp.WSDL, []byte(`soapAction="`), []byte(`soapAction="&#x202E;evil&#x9B;2J`))
	code, stdout, _ := command(t, "wsdl", "check", "-c", targetConfig(t, "gp"), "--target", "erp", file(t, "x.wsdl", string(wsdl)))
	if code != exitFailed || !strings.Contains(stdout, "evil") || strings.ContainsAny(stdout, "\u202e\u009b") {
		t.Errorf("exit code %d, %q", code, stdout)
	}
	wsdl = bytes.Replace(gp.WSDL, []byte(`<xsd:import namespace="http://schemas.microsoft.com/dynamics/2006/01"/>`), []byte(`<xsd:import schemaLocation="&#x202E;evil&#x9B;2J"/>`), 1)
	code, _, stderr := command(t, "wsdl", "check", "-c", targetConfig(t, "gp"), "--target", "erp", file(t, "x.wsdl", string(wsdl)))
	if code != exitFailed || !strings.Contains(stderr, "evil") || strings.ContainsAny(stderr, "\u202e\u009b") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
}

// The files a WSDL imports are looked for beside it, and not elsewhere.
func TestWSDLCheckReadsBesideTheFileOnly(t *testing.T) {
	outside := file(t, "secret.xsd", `<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema"/>`)
	for _, location := range []string{"../" + filepath.Base(filepath.Dir(outside)) + "/secret.xsd", outside, "link.xsd"} {
		wsdl := bytes.Replace(gp.WSDL, []byte(`<xsd:import namespace="http://schemas.microsoft.com/dynamics/2006/01"/>`), []byte(`<xsd:import schemaLocation="`+location+`"/>`), 1)
		path := file(t, "x.wsdl", string(wsdl))
		if err := os.Symlink(outside, filepath.Join(filepath.Dir(path), "link.xsd")); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := command(t, "wsdl", "check", "-c", targetConfig(t, "gp"), "--target", "erp", path)
		if code != exitFailed || stdout != "" || !strings.Contains(stderr, "reading the WSDL") {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", location, code, stdout, stderr)
		}
	}
}
