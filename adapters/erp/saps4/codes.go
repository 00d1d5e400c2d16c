package saps4

import (
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// texts says what a Fault of SAP's asks for, by its words; most come without any code. A
// one-way service has not stored a message that it answers with a Fault.
var texts = []struct {
	part string // in small letters
	kind erpbridge.Kind
}{
	{"authorization role missing", erpbridge.Refused}, // sample bydesign.missing-authorization-500
	{"no authorization", erpbridge.Refused},
	{"not authorized", erpbridge.Refused},
	{"wrong soap version", erpbridge.Refused}, // the binding, and so our settings
	{"versionmismatch", erpbridge.Refused},
	{"unknown service", erpbridge.Refused},
	{"wsa:action", erpbridge.Refused}, // WS-Addressing: our settings
	{"addressing", erpbridge.Refused},
	{"msgid_locked", erpbridge.Transient}, // EA728: the same id is being processed by another call
	{"is being processed", erpbridge.Transient},
	{"server overload", erpbridge.Throttled},
	{"maximum number of sessions", erpbridge.Throttled},
	{"maximum number of connections", erpbridge.Throttled},
	{"maximum number of requests", erpbridge.Throttled},
	{"maximum number of characters", erpbridge.Invalid}, // of a value: less load does not shorten it
	{"connection timed out", erpbridge.InDoubt},         // ICM: the work process may still finish
	{"time limit exceeded", erpbridge.InDoubt},
	// Ambiguous by design: a malformed header, a bad value and a short dump look the
	// same. A few tries with the same id, then a person looks; the Transaction ID leads
	// to SAP's error log. (sample s4.generic-500)
	{"web service processing error", erpbridge.Unknown},
	{"xml format error", erpbridge.Invalid},
	{"deserialization", erpbridge.Invalid},
	{"cx_st_", erpbridge.Invalid}, // ABAP's simple transformation could not read it
}

// rfcErrors says what an rfc:Error asks for, by its type: the Fault's own text is but
// "Internal Server Error" (sample rfc-soap.error-500).
var rfcErrors = map[string]erpbridge.Kind{
	"COMMUNICATION_FAILURE":  erpbridge.Transient,
	"SYSTEM_FAILURE":         erpbridge.Transient,
	"RESOURCE_FAILURE":       erpbridge.Throttled,
	"LOGON_FAILURE":          erpbridge.Refused,
	"ERROR_MESSAGE_STATE":    erpbridge.Invalid,
	"ERROR_APPL_EXCEPTION":   erpbridge.Invalid,
	"ERROR_SYSTEM_EXCEPTION": erpbridge.Transient,
}

// kindOf classifies a Fault. What nobody knows is tried a few times; then a person looks.
func kindOf(f *soap.Fault) erpbridge.Kind {
	if f.DetailName == "Error" && f.Detail != nil {
		if el := f.Detail.FindElement("./Error/type"); el != nil {
			if k, ok := rfcErrors[soap.Text(el)]; ok {
				return k
			}
			return erpbridge.Invalid
		}
	}
	said := strings.ToLower(f.Text() + " " + f.Code)
	for _, t := range texts {
		if strings.Contains(said, t.part) {
			return t.kind
		}
	}
	return erpbridge.Unknown
}

// A log is what SAP writes about a message: the outcome, and lines with a severity.
type log struct {
	failed bool
	said   string
}

// readLog reads a Log, in the answer of a synchronous service or in a confirmation.
//
//	ProcessingResultCode 5, or MaximumLogItemSeverityCode 3 and more    failed
//	(samples s4.sync-confirmation.*)
func readLog(el *etree.Element) (log, bool) {
	found := el.FindElement(".//Log")
	if found == nil {
		return log{}, false
	}
	var l log
	if code := found.SelectElement("BusinessDocumentProcessingResultCode"); code != nil {
		l.failed = soap.Text(code) == "5"
	}
	severity := found.SelectElement("MaximumLogItemSeverityCode")
	l.failed = l.failed || severity != nil && soap.Text(severity) >= "3"
	for _, item := range found.SelectElements("Item") {
		if note := item.SelectElement("Note"); note != nil {
			l.said = strings.TrimSpace(l.said + " " + soap.Text(note))
		}
	}
	return l, true
}
