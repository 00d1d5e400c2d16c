package sapidoc

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// order is an IDoc; docnum is also the end of its message id and its reference.
func order(docnum int, more string) string {
	return fmt.Sprintf(`<IDOC BEGIN="1"><EDI_DC40 SEGMENT="1"><TABNAM>EDI_DC40</TABNAM><MANDT>100</MANDT><DOCNUM>%016d</DOCNUM><DIRECT>2</DIRECT><IDOCTYP>ORDERS05</IDOCTYP><MESTYP>ORDERS</MESTYP>`+
		`<SNDPOR>A</SNDPOR><SNDPRT>LS</SNDPRT><SNDPRN>SHOP</SNDPRN><RCVPOR>B</RCVPOR><RCVPRT>LS</RCVPRT><RCVPRN>SAP</RCVPRN><ARCKEY>urn:sap.com:msgid=%032d</ARCKEY></EDI_DC40>`+
		`<E1EDK01 SEGMENT="1"><CURCY>EUR</CURCY></E1EDK01><E1EDK14 SEGMENT="1"><QUALF>012</QUALF><ORGID>OR</ORGID></E1EDK14>`+
		`<E1EDKA1 SEGMENT="1"><PARVW>AG</PARVW><PARTN>0000000001</PARTN></E1EDKA1><E1EDK02 SEGMENT="1"><QUALF>001</QUALF><BELNR>PO-%d</BELNR></E1EDK02>`+
		`<E1EDP01 SEGMENT="1"><POSEX>000010</POSEX><MENGE>3</MENGE><VPREI>10.00</VPREI><PEINH>3</PEINH><E1EDP05 SEGMENT="1"><ALCKZ>-</ALCKZ><KSCHL>HB00</KSCHL><BETRG>1.00</BETRG></E1EDP05>`+
		`<E1EDP19 SEGMENT="1"><QUALF>002</QUALF><IDTNR>MUG</IDTNR></E1EDP19></E1EDP01>%s<E1EDS01 SEGMENT="1"><SUMID>002</SUMID><SUMME>9.00</SUMME></E1EDS01></IDOC>`, docnum, docnum, docnum, more)
}

func plain(idocs ...string) string { return "<ORDERS05>" + strings.Join(idocs, "") + "</ORDERS05>" }

func soapMessage(idocs ...string) string {
	return `<s:Envelope xmlns:s="` + nsSOAP + `"><s:Body><ORDERS05 xmlns="` + nsIDoc + `">` + strings.Join(idocs, "") + `</ORDERS05></s:Body></s:Envelope>`
}

func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if errors.Is(err, io.EOF) {
		return 0, ""
	}
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

func start(t *testing.T, conf Config) (*System, string) {
	t.Helper()
	s := New(conf)
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	return s, srv.URL
}

const (
	soapPath  = "/sap/bc/srt/idoc?sap-client=100"
	plainPath = "/sap/bc/idoc_xml?sap-client=100"
)

func TestSOAPTakesAMessageOnce(t *testing.T) {
	s, url := start(t, Config{})
	for range 3 {
		if status, body := post(t, url+soapPath, soapMessage(order(1, ""))); status != 200 || !strings.Contains(body, "<n0:DbId>0000000000160816</n0:DbId>") {
			t.Fatalf("%d %s", status, body)
		}
	}
	s.Process()
	if n := len(s.Orders()); n != 1 || len(s.Attempts()) != 3 || len(s.Effects()) != 1 {
		t.Errorf("%d orders", n)
	}
	if o := s.Orders()[0]; o.Total != 9000 || o.Reference != "PO-1" || len(o.Items) != 1 {
		t.Errorf("%+v", o)
	}
}

func TestSOAPRules(t *testing.T) {
	_, url := start(t, Config{})
	for want, body := range map[string]string{
		"MULTIPLE_IDOCS_NOT_ALLOWED": soapMessage(order(1, ""), order(2, "")),
		"SOAP_MSGID_INITIAL":         soapMessage(strings.Replace(order(1, ""), fmt.Sprintf("<ARCKEY>urn:sap.com:msgid=%032d</ARCKEY>", 1), "", 1)),
		"SOAP_MSGID_PREFIX_INVALID":  soapMessage(strings.Replace(order(1, ""), "urn:sap.com:", "uuid:", 1)),
		"Wrong SOAP Version":         plain(order(1, "")),
		"Web service processing":     strings.Replace(soapMessage(order(1, "")), nsIDoc, "urn:x", 1),
	} {
		if status, got := post(t, url+soapPath, body); status != 500 || !strings.Contains(got, want) {
			t.Errorf("%s: %d %s", want, status, got)
		}
	}
}

// The plain service stores what comes; whether that makes two orders is the order type's.
func TestPlainStoresEverything(t *testing.T) {
	for check, want := range map[bool]string{false: "53 53 2", true: "53 51 1"} {
		s, url := start(t, Config{CheckReference: check})
		for range 2 {
			if status, body := post(t, url+plainPath, plain(order(1, ""))); status != 200 || !strings.Contains(body, "IDoc-XML-inbound ok") {
				t.Fatalf("%d %s", status, body)
			}
		}
		s.Process()
		ds := s.IDocs()
		if got := fmt.Sprintf("%s %s %d", ds[0].Status, ds[1].Status, len(s.Orders())); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// What no SAP would take gets the status it has there.
func TestStatuses(t *testing.T) {
	tax := `<E1EDK04 SEGMENT="1"><MWSBT>1.71</MWSBT></E1EDK04>`
	withTax := strings.Replace(strings.Replace(order(1, ""), "<E1EDKA1", tax+"<E1EDKA1", 1), "9.00</SUMME>", "10.71</SUMME>", 1)
	for name, c := range map[string]struct{ idoc, want string }{
		"right":                    {order(1, ""), "53"},
		"with tax":                 {withTax, "53"},
		"a segment out of place":   {strings.Replace(order(1, ""), "<E1EDKA1", `<E1EDP01 SEGMENT="1"></E1EDP01><E1EDKA1`, 1), "60"},
		"a field out of place":     {strings.Replace(order(1, ""), "<CURCY>EUR</CURCY>", "<BSART>OR</BSART><CURCY>EUR</CURCY>", 1), "60"},
		"a field too long":         {strings.Replace(order(1, ""), "EUR", "EURO", 1), "60"},
		"an unknown field":         {strings.Replace(order(1, ""), "CURCY>", "CURRENCY>", 2), "60"},
		"an empty field":           {strings.Replace(order(1, ""), ">EUR<", "><", 1), "60"},
		"no SEGMENT":               {strings.Replace(order(1, ""), `<E1EDK01 SEGMENT="1">`, "<E1EDK01>", 1), "60"},
		"another client":           {strings.Replace(order(1, ""), "<MANDT>100", "<MANDT>200", 1), "60"},
		"outbound":                 {strings.Replace(order(1, ""), "<DIRECT>2", "<DIRECT>1", 1), "60"},
		"unknown sender":           {strings.Replace(order(1, ""), "<SNDPRN>SHOP", "<SNDPRN>OTHER", 1), "56"},
		"unknown customer":         {strings.Replace(order(1, ""), "0000000001</PARTN>", "0000000002</PARTN>", 1), "51"},
		"unknown material":         {strings.Replace(order(1, ""), "MUG", "CUP", 1), "51"},
		"unknown message":          {strings.Replace(order(1, ""), "<MESTYP>ORDERS", "<MESTYP>ORDRSP", 1), "56"},
		"it does not add up":       {strings.Replace(order(1, ""), "9.00</SUMME>", "9.01</SUMME>", 1), "51"},
		"a leading minus":          {strings.Replace(order(1, ""), "10.00</VPREI>", "-10.00</VPREI>", 1), "51"},
		"a condition without sign": {strings.Replace(order(1, ""), "<ALCKZ>-</ALCKZ>", "", 1), "51"},
		"a change of nothing":      {strings.Replace(order(1, ""), "<MESTYP>ORDERS", "<MESTYP>ORDCHG", 1), "51"},
	} {
		s, url := start(t, Config{Partners: []string{"SHOP"}, Customers: []string{"0000000001"}, Materials: []string{"MUG"}})
		post(t, url+plainPath, plain(c.idoc))
		s.Process()
		if ds := s.IDocs(); len(ds) != 1 || ds[0].Status != c.want {
			t.Errorf("%s: %+v, want %s", name, ds, c.want)
		}
	}
}

func TestChangesAndCancellations(t *testing.T) {
	s, url := start(t, Config{})
	post(t, url+plainPath, plain(order(1, "")))
	change := strings.Replace(order(1, ""), "<MESTYP>ORDERS", "<MESTYP>ORDCHG", 1)
	post(t, url+plainPath, plain(change, strings.Replace(change, "<POSEX>000010</POSEX>", "<POSEX>000010</POSEX><ACTION>003</ACTION>", 1)))
	s.Process()
	var ops []string
	for _, e := range s.Effects() {
		ops = append(ops, e.Op)
	}
	if got := strings.Join(ops, " "); got != "create change cancel" || !s.Orders()[0].Cancelled {
		t.Errorf("%s, %+v", got, s.Orders())
	}
}

// What an ORDCHG does to an order of one item by its actions, those of the header and of
// its item.
func TestActions(t *testing.T) {
	field := func(name, value string) string {
		if value == "" {
			return ""
		}
		return "<" + name + ">" + value + "</" + name + ">"
	}
	for name, c := range map[string]struct{ header, position, action, reason, want string }{
		"none":                        {"", "000010", "", "", "53 change: 000010 x3"},
		"an item changed":             {"", "000010", "002", "", "53 change: 000010 x2"},
		"an item taken off":           {"", "000010", "003", "", "53 cancel: 000010 x3 rejected"},
		"an item rejected":            {"", "000010", "002", "00", "53 cancel: 000010 x3 rejected"},
		"an item added":               {"", "000020", "001", "", "53 change: 000010 x3, 000020 x2"},
		"a change of what is not":     {"", "000020", "002", "", "51 VG000 the order has no item 000020: 000010 x3"},
		"what is not taken off":       {"", "000020", "003", "", "51 VG000 the order has no item 000020: 000010 x3"},
		"an action that is no change": {"", "000010", "004", "", "53 change: 000010 x3"},
		"without items":               {"", "", "", "", "53 change: 000010 x3"},
		"without items, some changed": {"003", "", "", "", "53 change: 000010 x3"},
		"the whole reversed":          {"001", "", "", "", "53 cancel: 000010 x3"},
	} {
		t.Run(name, func(t *testing.T) {
			const head, fields = `<E1EDK01 SEGMENT="1">`, "<POSEX>000010</POSEX><MENGE>3</MENGE><VPREI>10.00</VPREI><PEINH>3</PEINH>"
			changed := field("POSEX", c.position) + field("ACTION", c.action) + "<MENGE>2</MENGE><VPREI>10.00</VPREI><PEINH>3</PEINH>" + field("ABGRU", c.reason)
			change := strings.NewReplacer("<MESTYP>ORDERS", "<MESTYP>ORDCHG", head, head+field("ACTION", c.header), fields, changed).Replace(order(1, ""))
			if c.position == "" {
				before, rest, _ := strings.Cut(change, "<E1EDP01 ")
				_, rest, _ = strings.Cut(rest, "</E1EDP01>")
				change = before + rest
			}
			s, url := start(t, Config{})
			post(t, url+plainPath, plain(order(1, ""), change))
			s.Process()
			d, o := s.IDocs()[1], s.Orders()[0]
			got := d.Status + " " + d.Why
			if effects := s.Effects(); len(effects) == 2 {
				got = d.Status + " " + effects[1].Op
			}
			var items []string
			for _, it := range o.Items {
				one := it.Position + " x" + it.Quantity
				if it.Rejected {
					one += " rejected"
				}
				items = append(items, one)
			}
			if got += ": " + strings.Join(items, ", "); got != c.want || o.Cancelled != strings.Contains(c.want, "cancel") {
				t.Errorf("%s, want %s; cancelled: %t", got, c.want, o.Cancelled)
			}
		})
	}
}

func TestLogOn(t *testing.T) {
	s, url := start(t, Config{User: "BRIDGE", Password: "secret"})
	at := func(password, client string) int {
		u := strings.Replace(url, "http://", "http://BRIDGE:"+password+"@", 1) + "/sap/bc/idoc_xml?sap-client=" + client
		status, body := post(t, u, plain(order(1, "")))
		if status != 200 && !strings.Contains(body, "<html>") {
			t.Errorf("%d without a page: %s", status, body)
		}
		return status
	}
	if at("secret", "100") != 200 || at("secret", "200") != 401 || at("wrong", "100") != 401 || at("secret", "100") != 200 {
		t.Error("the log-on is not as it should be")
	}
	for range mostFailures {
		at("wrong", "100")
	}
	if at("secret", "100") != 401 || len(s.IDocs()) != 2 {
		t.Error("the user is not locked")
	}
}

// Each fault, and whether the IDoc was stored.
func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		faults Faults
		status int
		text   string
		stored int
	}{
		dropBefore:   {Faults{DropBefore: 1}, 0, "", 0},
		dropAfter:    {Faults{DropAfter: 1}, 0, "", 1},
		overload:     {Faults{Overload: 1}, 503, "Server overload", 0},
		htmlPage:     {Faults{Page: 1}, 500, "<html>", 0},
		forbidden:    {Faults{Forbidden: 1}, 403, "<html>", 0},
		generic:      {Faults{Generic: 1}, 500, "Web service processing error", 0},
		genericAfter: {Faults{GenericAfter: 1}, 500, "Web service processing error", 1},
		locked:       {Faults{Locked: 1}, 500, "MSGID_LOCKED", 0},
		timeOut:      {Faults{TimeOut: 1}, 500, "Connection timed out", 1},
		half:         {Faults{Half: 1}, 200, "Envelope", 1},
	} {
		s, url := start(t, Config{Faults: c.faults})
		status, body := post(t, url+soapPath, soapMessage(order(1, "")))
		if status != c.status || !strings.Contains(body, c.text) || len(s.IDocs()) != c.stored || s.State().Mishaps[name] != 1 {
			t.Errorf("%s: %d %q, %d stored, %v", name, status, body, len(s.IDocs()), s.State().Mishaps)
		}
	}
}

func TestFolderAndAudits(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	s := New(Config{System: "SAP", Faults: Faults{NotPosted: 1}})
	file := filepath.Join(in, "a.xml")
	if err := os.WriteFile(file, []byte(plain(order(1, ""), order(2, ""))), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func() {
		t.Helper()
		if err := s.ReadFolder(in, ".done"); err != nil {
			t.Fatal(err)
		}
	}
	if run(); len(s.IDocs()) != 0 {
		t.Fatal("a file without its trigger was read")
	}
	if err := os.WriteFile(file+".done", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	run()
	if left, err := os.ReadDir(in); len(s.IDocs()) != 2 || err != nil || len(left) != 0 {
		t.Fatalf("%d IDocs, %v left, %v", len(s.IDocs()), left, err)
	}
	audit := func(want string) {
		t.Helper()
		s.Audit()
		if err := s.WriteAudits(out, ""); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(out, "*.xml"))
		if err != nil || (len(files) == 0) != (want == "") {
			t.Fatalf("%v, %v", files, err)
		}
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil || !strings.Contains(string(raw), want) {
				t.Errorf("no %s in %s (%v)", want, raw, err)
			}
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	audit("")
	s.Process()
	audit("<DOCNUM>0000000000000001</DOCNUM><STATUS>51</STATUS><STAMID>VG</STAMID><STAMNO>202</STAMNO>")
	audit("")
	s.Reject("0000000000000002")
	s.Repair()
	audit("<STATUS>53</STATUS>")
	if len(s.Orders()) != 1 {
		t.Errorf("%d orders", len(s.Orders()))
	}
}

func TestSendsAudits(t *testing.T) {
	var got []string
	fail := true
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fail {
			fail = false
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		user, password, _ := r.BasicAuth()
		body, _ := io.ReadAll(r.Body)
		got = append(got, user+password+string(body))
	}))
	defer srv.Close()
	defer http.DefaultClient.CloseIdleConnections()
	s, url := start(t, Config{System: "SAP", AuditURL: srv.URL, AuditUser: "u", AuditPassword: "p"})
	post(t, url+plainPath, plain(order(1, "")))
	s.Process()
	s.Audit()
	if err := s.Send(); err == nil {
		t.Error("what was not taken was sent")
	}
	if err := s.Send(); err != nil || len(got) != 1 || !strings.HasPrefix(got[0], "up<?xml") {
		t.Errorf("%v, %v", got, err)
	}
}

func TestForgetsMessageIDs(t *testing.T) {
	s, url := start(t, Config{ForgetIDs: 1})
	for _, n := range []int{1, 2, 1} {
		post(t, url+soapPath, soapMessage(order(n, "")))
	}
	if len(s.IDocs()) != 3 {
		t.Errorf("%d IDocs", len(s.IDocs()))
	}
}
