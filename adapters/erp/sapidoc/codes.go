package sapidoc

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// An outcome is what a status of an IDoc comes to.
type outcome string

const (
	waiting   outcome = "waiting"    // SAP is not done with it, or somebody there has to mend it
	booked    outcome = "booked"     // the document is posted
	thrownOut outcome = "thrown out" // SAP will never post it
)

// A status is what SAP's status of an IDoc means to who sent it. The texts are SAP's own
// (table TEDS2), in English.
type status struct {
	outcome outcome
	text    string
}

// statuses are those an inbound IDoc can have in SAP, and those ALE Audit uses at the
// sender. An ALEAUD carries "the current status in the receiving system" (SAP help, "ALE
// Audit IDocs"), which is one of the fifties and up; some senders of it, middleware above
// all, translate into 39 to 41. Whatever is not here waits: nothing is booked or thrown
// out by a number nobody knows.
var statuses = map[string]status{
	// At the sender, set from an ALEAUD. (SAP help, "ALE Audit")
	"39": {waiting, "IDoc is in the target system"},
	"40": {thrownOut, "Application document not created in target system"},
	"41": {booked, "Application document created in target system"},

	// In the receiving system. (SAP help, "Status of inbound IDocs"; SCN wiki "IDoc Statuses")
	"50": {waiting, "IDoc added"},
	"51": {waiting, "Application document not posted"}, // repaired in SAP (BD87), and may be 53 days later: never sent again
	"52": {waiting, "Application document not fully posted"},
	"53": {booked, "Application document posted"},
	"54": {waiting, "Error during formal application check"},
	"55": {waiting, "Formal application check OK"},
	"56": {waiting, "IDoc with errors added"}, // no partner profile fits the control record; BD87 once it does
	"57": {waiting, "Test IDoc: Error during application check"},
	"58": {waiting, "IDoc copy from R/2 connection"},
	"60": {waiting, "Error during syntax check of IDoc"}, // can be edited (WE02) and processed
	"61": {waiting, "Processing despite syntax error"},
	"62": {waiting, "IDoc passed to application"},
	"63": {waiting, "Error passing IDoc to application"},
	"64": {waiting, "IDoc ready to be transferred to application"},
	"65": {waiting, "Error in ALE service"},
	"66": {waiting, "IDoc is waiting for predecessor IDoc (serialization)"},
	"68": {thrownOut, "Error - no further processing"}, // somebody marked it for deletion
	"69": {waiting, "IDoc was edited"},
	"70": {waiting, "Original of an IDoc which was edited"}, // the edited copy has another number and tells of itself
	"71": {waiting, "IDoc reloaded from archive"},
	"73": {waiting, "IDoc archived"},
	"74": {waiting, "IDoc was created by test transaction"},
	"75": {waiting, "IDoc is in inbound queue"},
}

// mending are the statuses that somebody in SAP has to do something about.
var mending = map[string]bool{"51": true, "52": true, "54": true, "56": true, "57": true, "60": true, "63": true, "65": true}

// statusOf returns what a status means.
func statusOf(code string) status {
	if s, ok := statuses[code]; ok {
		return s
	}
	return status{waiting, "a status that is not known here"}
}

// faults says what a SOAP fault asks for by its words, first match first: the ABAP stack
// has hardly any codes. Texts are in the log-on language, so technical names come before
// phrases, and phrases are given in English and German.
var faults = []struct {
	part string // in lower case
	kind erpbridge.Kind
}{
	// SAP message EA728, of the IDoc endpoint's exactly-once rules.
	{"msgid_locked", erpbridge.Transient}, // the same id is being worked on by another call
	{"multiple_idocs_not_allowed", erpbridge.Refused},
	{"soap_msgid_initial", erpbridge.Refused},
	{"soap_msgid_prefix_invalid", erpbridge.Refused},

	// Who we are, and where. (SAP KBAs as in goenning/SharpSapRfc#34; the sample
	// bydesign.missing-authorization-500)
	{"authorization role missing", erpbridge.Refused},
	{"no authorization", erpbridge.Refused},
	{"missing authorization", erpbridge.Refused},
	{"authorization missing", erpbridge.Refused},
	{"keine berechtigung", erpbridge.Refused},
	{"fehlende berechtigung", erpbridge.Refused},
	{"logon failed", erpbridge.Refused},
	{"anmeldung fehlgeschlagen", erpbridge.Refused},
	{"versionmismatch", erpbridge.Refused},
	{"wrong soap version", erpbridge.Refused},

	// SAP is busy. (ICM and dispatcher texts)
	{"server overload", erpbridge.Transient},
	{"no more dialog processes", erpbridge.Transient},
	{"no free work process", erpbridge.Transient},
	{"resource_failure", erpbridge.Transient},
	{"system is being shut down", erpbridge.Transient},

	// The type of an rfc:Error, whose fault says "Internal Server Error" and no more: no
	// connection within SAP, or it broke; the work ended in a short dump or an error
	// message. Either may have come after the IDoc was stored. Other types, such as
	// ERROR_MESSAGE_STATE, are what the function says of its input: not known here. (ABAP
	// keyword documentation, "RFC - exception handling"; the sample rfc-soap.error-500)
	{"communication_failure", erpbridge.Transient},
	{"system_failure", erpbridge.Transient},

	// What SAP says of malformed headers, wrong values and its own short dumps alike: the
	// truth stands in its error log (SRTUTIL). A few tries under the same message id, then
	// a person looks. (the sample s4.generic-500)
	{"web service processing error", erpbridge.Unknown},
	{"error when processing web service", erpbridge.Unknown},
	{"fehler bei der verarbeitung des web service", erpbridge.Unknown},
}

// effectless are the passing faults of a request that nothing was done of.
var effectless = []string{"msgid_locked", "server overload", "no more dialog processes", "no free work process", "system is being shut down"}

// kindOfFault returns what a fault asks for, and its code. It is about the request; what
// is not known is Unknown. A passing one that may have come after the IDoc was stored
// leaves doubt.
func kindOfFault(f *soap.Fault) (erpbridge.Kind, string) {
	said := strings.ToLower(strings.Join([]string{f.Code, f.String, f.DetailName, f.DetailCode, f.DetailMessage}, " "))
	code := f.DetailCode
	if f.Detail != nil {
		for _, el := range f.Detail.FindElements(".//*") {
			said += " " + strings.ToLower(soap.Text(el))
		}
		if typ := f.Detail.FindElement("Error/type"); typ != nil { // of an rfc:Error
			code = cmp.Or(code, soap.Text(typ))
		}
	}
	code = cmp.Or(code, f.Code)
	if kind, ok := f.Standard(); ok {
		return kind, code
	}
	for _, row := range faults {
		if !strings.Contains(said, row.part) {
			continue
		}
		if row.kind == erpbridge.Transient && !contains(said, effectless) {
			return erpbridge.InDoubt, code
		}
		return row.kind, code
	}
	return erpbridge.Unknown, code
}

// stored are the texts by which the HTTP service says that it stored an IDoc. It says
// nothing else, in no other language: the handler has it as a literal.
var stored = []string{"idoc-xml-inbound ok"}

// pages says what an HTML or text answer asks for by its words: of the ICM, the web
// dispatcher, the log-on screen. The rest is in doubt. "Service cannot be reached" is not
// among them: SAP says so of a service that is not active in SICF, with 403 and 404, and of
// one that is while its server starts or stops, with 503.
var pages = []struct {
	part string // in lower case
	kind erpbridge.Kind
	why  string
}{
	{"sap-system-login", erpbridge.Refused, "SAP asks to log on: the service in SICF has a log-on page, or the user may not use it"},
	{`name="sap-password"`, erpbridge.Refused, "SAP asks to log on: the service in SICF has a log-on page, or the user may not use it"},
	{"logon performed", erpbridge.Refused, "SAP shows its log-on screen"},
	{"server overload", erpbridge.Transient, "SAP has no work process free"},
	{"connection timed out", erpbridge.InDoubt, "the ICM gave up waiting; the work process may still finish"},
	{"dispatcher running but no server connected", erpbridge.Transient, "no SAP server is connected to the web dispatcher"},
}

// kindOfPage returns what a page asks for, and why.
func kindOfPage(text string) (erpbridge.Kind, string) {
	lower := strings.ToLower(text)
	for _, p := range pages {
		if strings.Contains(lower, p.part) {
			return p.kind, p.why
		}
	}
	return erpbridge.InDoubt, ""
}

var titleShape = regexp.MustCompile(`(?is)<title[^>]*>([^<]{1,300})`)

// titleOf returns the title of a page, or the beginning of a text.
func titleOf(text string) string {
	if m := titleShape.FindStringSubmatch(text); m != nil {
		return strings.TrimSpace(m[1])
	}
	return strings.TrimSpace(text[:min(len(text), 200)])
}

func contains(text string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}

// reached are the words of SAP's ping page, in the languages seen.
var reached = regexp.MustCompile(`(?i)reached|erreicht|atteint|alcanzado|raggiunto`)
