package saps4

import (
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// texts says what a Fault of SAP's asks for, by its words; most come without any code. They
// are in the log-on language of the user: phrases are given in English and German. A
// one-way service has not stored a message that it answers with a Fault.
var texts = []struct {
	part string // in small letters
	kind erpbridge.Kind
}{
	{"authorization role missing", erpbridge.Refused}, // sample bydesign.missing-authorization-500
	{"no authorization", erpbridge.Refused},
	{"not authorized", erpbridge.Refused},
	{"missing authorization", erpbridge.Refused},
	{"authorization missing", erpbridge.Refused},
	{"keine berechtigung", erpbridge.Refused},
	{"fehlende berechtigung", erpbridge.Refused},
	{"berechtigungsrolle fehlt", erpbridge.Refused},
	{"logon failed", erpbridge.Refused},
	{"anmeldung fehlgeschlagen", erpbridge.Refused},
	{"wrong soap version", erpbridge.Refused}, // the binding, and so our settings
	{"versionmismatch", erpbridge.Refused},
	{"unknown service", erpbridge.Refused},
	{"wsa:action", erpbridge.Refused}, // WS-Addressing: our settings
	{"addressing", erpbridge.Refused},
	{"msgid_locked", erpbridge.Transient}, // EA728: the same id is being processed by another call
	{"is being processed", erpbridge.Transient},
	{"wird gerade verarbeitet", erpbridge.Transient},
	{"wird gerade bearbeitet", erpbridge.Transient},
	{"currently locked by", erpbridge.Transient}, // the order, by somebody who has it open
	{"ist gesperrt durch", erpbridge.Transient},
	{"no more dialog processes", erpbridge.Throttled},
	{"system is being shut down", erpbridge.Transient},
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
	if kind, ok := f.Standard(); ok {
		return kind
	}
	said := strings.ToLower(strings.Join(append(exceptions(f), f.Text(), f.Code, f.Subcode), " "))
	for _, t := range texts {
		if strings.Contains(said, t.part) {
			return t.kind
		}
	}
	return erpbridge.Unknown
}

// exceptions returns what a Fault tells of the exceptions it came of: their classes, and
// their words. What else is in its detail may quote the order.
func exceptions(f *soap.Fault) (told []string) {
	if f.Detail == nil {
		return nil
	}
	for _, el := range f.Detail.FindElements(".//*") {
		if el.Tag == "Exception_Name" || el.Tag == "Exception_Text" {
			told = append(told, soap.Text(el))
		}
	}
	return told
}

// A log is what SAP writes about a message: the outcome, and lines with a severity.
type log struct {
	failed  bool
	waiting bool // SAP has it, and is not done with it
	warning bool // it is done, but for something
	said    string
}

// The values of BusinessDocumentProcessingResultCode.
const (
	received  = "1"
	inProcess = "2"
	inPart    = "4"
	failedAll = "5"
)

// Values of a log's severity codes, which begin with 1 for information.
const (
	severityWarning = "2"
	severityError   = "3"
)

// readLog reads a Log, in the answer of a synchronous service or in a confirmation.
//
//	ProcessingResultCode 5, or a severity code of 3 and more    failed
//	ProcessingResultCode 1 or 2                                 not done yet
//	ProcessingResultCode 4, or a severity code of 2             done, with a warning
//	(samples s4.sync-confirmation.*)
//
// The severity is that of the log as a whole, or the highest of its items.
func readLog(el *etree.Element) (log, bool) {
	found := el.FindElement(".//Log")
	if found == nil {
		return log{}, false
	}
	var l log
	result, severity := textAt(found, "BusinessDocumentProcessingResultCode"), textAt(found, "MaximumLogItemSeverityCode")
	for _, item := range found.SelectElements("Item") {
		severity = max(severity, textAt(item, "SeverityCode"))
	}
	l.failed = result == failedAll || severity >= severityError
	l.waiting = !l.failed && (result == received || result == inProcess)
	l.warning = !l.failed && (result == inPart || severity >= severityWarning)
	for _, item := range found.SelectElements("Item") {
		if note := item.SelectElement("Note"); note != nil {
			l.said = strings.TrimSpace(l.said + " " + soap.Text(note))
		}
	}
	return l, true
}
