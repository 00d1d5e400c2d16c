package sapidoc

import (
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// audit is an ALEAUD01 with these states.
func audit(states ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><ALEAUD01><IDOC BEGIN="1"><EDI_DC40 SEGMENT="1"><TABNAM>EDI_DC40</TABNAM><MANDT>100</MANDT><DOCNUM>0000000000200001</DOCNUM><DIRECT>1</DIRECT>` +
		`<IDOCTYP>ALEAUD01</IDOCTYP><MESTYP>ALEAUD</MESTYP><SNDPOR>SAPS4H</SNDPOR><SNDPRT>LS</SNDPRT><SNDPRN>S4HCLNT100</SNDPRN>` +
		`<RCVPOR>ERPBRIDGE</RCVPOR><RCVPRT>LS</RCVPRT><RCVPRN>SHOPBRIDGE</RCVPRN></EDI_DC40>` +
		`<E1ADHDR SEGMENT="1"><MESTYP>ORDERS</MESTYP>` + strings.Join(states, "") + `</E1ADHDR></IDOC></ALEAUD01>`
}

func state(docnum, status string) string {
	more := ""
	switch status {
	case "53", "41":
		more = `<E1PRTOB SEGMENT="1"><DOCNUM>0000000000160816</DOCNUM><OBJTYPE>BUS2032</OBJTYPE><OBJKEY>0000012345</OBJKEY></E1PRTOB>`
	case "51":
		more = `<STAMID>VG</STAMID><STAMNO>204</STAMNO><STAPA1_LNG>10100001</STAPA1_LNG>`
	}
	return `<E1STATE SEGMENT="1"><DOCNUM>` + docnum + `</DOCNUM><STATUS>` + status + `</STATUS>` + more + `</E1STATE>`
}

func posted(body string) erpbridge.Message {
	h := http.Header{}
	h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("SAPALE:canary-confirmations")))
	return erpbridge.Message{Header: h, Body: []byte(body)}
}

// Every status, and what it means.
func TestStatuses(t *testing.T) {
	door := open(t, "").(erpbridge.Acknowledger)
	want := map[string]string{"41": "booked", "53": "booked", "40": "invalid", "68": "invalid"}
	for status := 0; status < 100; status++ {
		code := string([]byte{byte('0' + status/10), byte('0' + status%10)})
		acks, err := door.Acknowledge(posted(audit(state("0000000000001001", code))))
		if err != nil || len(acks) != 1 || acks[0].Ref != "0000000000001001" {
			t.Fatalf("%s: %v, %v", code, acks, err)
		}
		r := acks[0].Result
		got := string(erpbridge.KindOf(r.Err))
		switch {
		case r.Err == nil && !r.Receipt.Accepted:
			got = "booked"
			if r.Receipt.Ref != "0000012345" {
				t.Errorf("%s: booked as %q", code, r.Receipt.Ref)
			}
		case r.Err == nil:
			got = "accepted"
			if !strings.Contains(r.Receipt.Warning, "status "+code) {
				t.Errorf("%s: says %q", code, r.Receipt.Warning)
			}
		}
		w := want[code]
		if w == "" {
			w = "accepted"
		}
		if got != w {
			t.Errorf("status %s is %s, want %s", code, got, w)
		}
		if mending[code] != strings.Contains(r.Receipt.Warning, "BD87") {
			t.Errorf("status %s: %q", code, r.Receipt.Warning)
		}
	}
}

func TestAcknowledge(t *testing.T) {
	door := open(t, "").(erpbridge.Acknowledger)
	ok := audit(state("1001", "53"), state("0000000000001002", "51"), state("0000000000000000", "53"))
	acks, err := door.Acknowledge(posted(ok))
	if err != nil || len(acks) != 2 || acks[0].Ref != "0000000000001001" || acks[1].Ref != "0000000000001002" {
		t.Fatalf("%+v, %v", acks, err)
	}
	if w := acks[1].Result.Receipt.Warning; !strings.Contains(w, "VG204") || !strings.Contains(w, "10100001") {
		t.Errorf("warning %q", w)
	}
	// Of several words on one IDoc the final one counts, and that it was booked most.
	acks, err = door.Acknowledge(posted(audit(state("1", "51"), state("1", "53"), state("1", "68"), state("1", "64"))))
	if err != nil || len(acks) != 1 || acks[0].Result.Err != nil || acks[0].Result.Receipt.Accepted {
		t.Errorf("%+v, %v", acks, err)
	}
	if _, err := door.Acknowledge(posted(strings.ReplaceAll(enveloped(strings.TrimPrefix(ok, `<?xml version="1.0" encoding="UTF-8"?>`)), "\n", ""))); err != nil {
		t.Errorf("in an envelope: %v", err)
	}
	if _, err := door.Acknowledge(posted(`<s:Envelope xmlns:s="` + soap.Namespace12 + `"><s:Body>` + strings.TrimPrefix(ok, `<?xml version="1.0" encoding="UTF-8"?>`) + `</s:Body></s:Envelope>`)); err != nil {
		t.Errorf("in one of SOAP 1.2: %v", err)
	}
	for name, c := range map[string]struct {
		m    erpbridge.Message
		want erpbridge.Kind
	}{
		"no log-on":         {erpbridge.Message{Header: http.Header{}, Body: []byte(ok)}, erpbridge.Refused},
		"another password":  {erpbridge.Message{Header: http.Header{"Authorization": {"Basic U0FQQUxFOng="}}, Body: []byte(ok)}, erpbridge.Refused},
		"not XML":           {posted("hello"), erpbridge.Invalid},
		"DOCTYPE":           {posted(`<!DOCTYPE x>` + ok), erpbridge.Invalid},
		"cut off":           {posted(ok[:len(ok)/2]), erpbridge.Invalid},
		"another type":      {posted(strings.ReplaceAll(ok, "ALEAUD01", "ORDRSP01")), erpbridge.Invalid},
		"another message":   {posted(strings.Replace(ok, "<MESTYP>ALEAUD<", "<MESTYP>ORDRSP<", 1)), erpbridge.Invalid},
		"another system":    {posted(strings.Replace(ok, "S4HCLNT100", "S4HCLNT200", 1)), erpbridge.Invalid},
		"another client":    {posted(strings.Replace(ok, "<MANDT>100", "<MANDT>200", 1)), erpbridge.Invalid},
		"to somebody else":  {posted(strings.Replace(ok, "SHOPBRIDGE", "OTHER", 1)), erpbridge.Invalid},
		"no control record": {posted(`<ALEAUD01><IDOC BEGIN="1"><E1ADHDR>` + state("1", "53") + `</E1ADHDR></IDOC></ALEAUD01>`), erpbridge.Invalid},
		"confirms nothing":  {posted(audit()), erpbridge.Invalid},
		"a status in words": {posted(audit(state("1", "ok"))), erpbridge.Invalid},
		"a number in words": {posted(audit(state("one", "53"))), erpbridge.Invalid},
		"two statuses":      {posted(audit(strings.Replace(state("1", "51"), "<STATUS>", "<STATUS>53</STATUS><STATUS>", 1))), erpbridge.Invalid},
		"in a namespace":    {posted(strings.Replace(ok, "<ALEAUD01>", `<ALEAUD01 xmlns="urn:x">`, 1)), erpbridge.Invalid},
	} {
		if acks, err := door.Acknowledge(c.m); erpbridge.KindOf(err) != c.want || acks != nil {
			t.Errorf("%s: %v, %v", name, acks, err)
		}
	}
}

// A confirmation may name several objects, the IDoc in SAP among them, and may have its
// words in the fields of older releases.
func TestObjectsOfAConfirmation(t *testing.T) {
	object := func(kind, key string) string {
		return `<E1PRTOB SEGMENT="1"><DOCNUM>0000000000160816</DOCNUM><OBJTYPE>` + kind + `</OBJTYPE><OBJKEY>` + key + `</OBJKEY></E1PRTOB>`
	}
	for name, c := range map[string]struct{ more, ref string }{
		"the order":                 {object("BUS2032", "0000012345"), "0000012345"},
		"the IDoc, and the order":   {object("IDOC", "0000000000160816") + object("BUS2032", "0000012345"), "0000012345"},
		"a delivery, and the order": {object("LIKP", "0080000001") + object("BUS2032", "0000012345"), "0080000001"},
		"no key, and the order":     {object("BUS2032", "") + object("BUS2032", "0000012345"), "0000012345"},
		"the IDoc alone":            {object("IDOC", "0000000000160816"), "0000000000001001"},
		"nothing":                   {"", "0000000000001001"},
	} {
		body := audit(`<E1STATE SEGMENT="1"><DOCNUM>1001</DOCNUM><STATUS>53</STATUS>` + c.more + `</E1STATE>`)
		acks, err := open(t, "").(erpbridge.Acknowledger).Acknowledge(posted(body))
		if err != nil || len(acks) != 1 || acks[0].Result.Receipt.Accepted || acks[0].Result.Receipt.Ref != c.ref {
			t.Errorf("%s: %+v, %v", name, acks, err)
		}
	}
	old := audit(`<E1STATE SEGMENT="1"><DOCNUM>1001</DOCNUM><STATUS>51</STATUS><STACOD>SAPVG204</STACOD><STATXT>Partner &amp; is not known</STATXT><STAPA1>10100001</STAPA1></E1STATE>`)
	acks, err := open(t, "").(erpbridge.Acknowledger).Acknowledge(posted(old))
	if err != nil || len(acks) != 1 {
		t.Fatal(acks, err)
	}
	if w := acks[0].Result.Receipt.Warning; !strings.Contains(w, "SAPVG204") || !strings.Contains(w, "10100001") {
		t.Errorf("warning %q", w)
	}
}

func TestConformanceALEAUD(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(testenv.Shared(t), "erp-samples", "sap", "constructed", "ALEAUD01.CONSTRUCTED-unvalidated.xml"))
	if err != nil {
		t.Fatal(err)
	}
	acks, err := open(t, "").(erpbridge.Acknowledger).Acknowledge(posted(string(raw)))
	if err != nil || len(acks) != 2 {
		t.Fatalf("%v, %v", acks, err)
	}
	if a := acks[0]; a.Ref != "0000000000001001" || a.Result.Receipt.Ref != "0000012345" || a.Result.Receipt.Accepted || a.Result.Err != nil {
		t.Errorf("%+v", a)
	}
	if a := acks[1]; a.Ref != "0000000000001002" || !a.Result.Receipt.Accepted || !strings.Contains(a.Result.Receipt.Warning, "VG204") {
		t.Errorf("%+v", a)
	}
}

// What SAP sends us, in none of its other messages, confirms anything.
func TestConformanceOtherIDocs(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testenv.Shared(t), "erp-samples", "sap", "*", "*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	door := open(t, "").(erpbridge.Acknowledger)
	for _, file := range files {
		if strings.Contains(file, "ALEAUD") {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if acks, err := door.Acknowledge(posted(string(raw))); erpbridge.KindOf(err) != erpbridge.Invalid {
			t.Errorf("%s: %v, %v", filepath.Base(file), acks, err)
		}
	}
}
