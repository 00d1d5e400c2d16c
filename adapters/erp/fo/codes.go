package fo

import (
	"errors"
	"net/http"
	"strings"

	"github.com/hakooi/erpbridge"
)

// progress is how far an import is.
type progress int

const (
	notUnderstood progress = iota // a word of theirs that is not in the tables
	unknown                       // F&O knows nothing of it
	underWay                      // not over yet
	succeeded                     // over, and F&O has no complaint
	partly                        // over: some records are in, some are not
	failed                        // over, and F&O says that it came to nothing
)

// executionStates are the words of GetExecutionSummaryStatus: Microsoft, "Data management
// package REST API".
var executionStates = map[string]progress{
	"Unknown":            unknown,
	"NotRun":             underWay, // made, and not begun
	"Executing":          underWay,
	"Succeeded":          succeeded,
	"PartiallySucceeded": partly,
	"Failed":             failed,
	"Canceled":           failed, // somebody stopped it: what was in stays in
}

// messageStates are the words of jobstatus and GetMessageStatus, which spell some of them
// differently: Microsoft, "Recurring integrations", and the enumeration DataJobState of its
// Recurring Integrations Scheduler, which also has the numbers.
var messageStates = map[string]progress{
	"Enqueued": underWay, "0": underWay,
	"Dequeued": underWay, "1": underWay,
	"Downloaded": underWay, "2": underWay,
	"Acked": underWay, "3": underWay,
	"InProcess": underWay, "4": underWay,
	"Preprocessing": underWay,
	"Processing":    underWay,
	"Processed":     succeeded, "5": succeeded,
	"ProcessedWithErrors": partly, "6": partly,
	"PostProcessError": failed, "7": failed,
	"PreProcessError": failed, "8": failed,
	"PostProcessingFailed": failed,
	"PreProcessingError":   failed,
}

// orderStates are the states of a sales order in which an import may still change it. In
// the others (Delivered, Invoiced, Canceled of the enumeration SalesStatus) it is left alone.
var orderStates = map[string]bool{"": true, "None": true, "Backorder": true}

// statuses says what an HTTP status asks for, where the status alone decides. What is not
// here depends on what was said with it, see judge.
var statuses = map[int]erpbridge.Kind{
	http.StatusTooManyRequests:       erpbridge.Throttled, // Microsoft, "Service protection API limits": Retry-After in seconds
	http.StatusUnauthorized:          erpbridge.Refused,   // after a token that was good before: Transient, see client.do
	http.StatusForbidden:             erpbridge.Refused,   // the application is not entered in F&O, or its user lacks a role
	http.StatusMethodNotAllowed:      erpbridge.Refused,
	http.StatusGone:                  erpbridge.Refused,
	http.StatusMovedPermanently:      erpbridge.Refused,
	http.StatusFound:                 erpbridge.Refused, // to a login page
	http.StatusSeeOther:              erpbridge.Refused,
	http.StatusTemporaryRedirect:     erpbridge.Refused,
	http.StatusPermanentRedirect:     erpbridge.Refused,
	http.StatusNotFound:              erpbridge.Refused,   // no such service, activity or entity here
	http.StatusRequestTimeout:        erpbridge.Transient, // the request was not taken
	http.StatusTooEarly:              erpbridge.Transient,
	http.StatusRequestEntityTooLarge: erpbridge.Invalid,
}

// texts says what an error of F&O asks for by its words: the OData service gives no codes.
// Its messages begin with "Exception occurred while executing action ...". The words are in
// English where the service throws them; what X++ throws is in the language of the user
// the application is mapped to, so some stand here in several.
var texts = []struct {
	part string // in lower case
	kind erpbridge.Kind
	code string // what we call it
}{
	// Microsoft, "Data management package REST API": it must not be called in parallel. How
	// it fails then is not written anywhere.
	{"in parallel", erpbridge.Transient, "parallel-call"},
	{"already being executed", erpbridge.Transient, "parallel-call"},

	// Of X++, where two wrote one record (UpdateConflict), in the user's language.
	{"another user has changed the record", erpbridge.Transient, "update-conflict"},
	{"ein anderer benutzer hat den datensatz geändert", erpbridge.Transient, "update-conflict"},
	{"un autre utilisateur a modifié l'enregistrement", erpbridge.Transient, "update-conflict"},
	{"updateconflict", erpbridge.Transient, "update-conflict"},
	{"update conflict", erpbridge.Transient, "update-conflict"},

	// Of SQL Server, through .NET (errors 1205, 1222, -2, 4060 and of the transport).
	{"deadlock", erpbridge.Transient, "deadlock"},
	{"lock request time out", erpbridge.Transient, "deadlock"},
	{"timeout expired", erpbridge.Transient, "timeout"},
	{"execution timeout", erpbridge.Transient, "timeout"},
	{"cannot open database", erpbridge.Transient, "database"},
	{"transport-level error", erpbridge.Transient, "database"},

	// Of IIS and the service itself, and of "Service protection API limits".
	{"maintenance mode", erpbridge.Transient, "maintenance"},
	{"service is unavailable", erpbridge.Transient, "unavailable"},
	{"server is too busy", erpbridge.Throttled, "busy"},
	{"too many requests", erpbridge.Throttled, "busy"},
	{"request limit", erpbridge.Throttled, "busy"},

	// Issue 54 of the Recurring Integrations Scheduler. The bridge always overwrites, so
	// this project is another's, or a composite one.
	{"exists and overwrite has not been specified", erpbridge.Refused, "project-exists"},

	// Of X++ and the OData service: permissions and companies.
	{"not authorized", erpbridge.Refused, "not-authorized"},
	{"access denied", erpbridge.Refused, "not-authorized"},
	{"access is denied", erpbridge.Refused, "not-authorized"},
	{"zugriff verweigert", erpbridge.Refused, "not-authorized"},
	{"accès refusé", erpbridge.Refused, "not-authorized"},
	{"does not have access to the company", erpbridge.Refused, "legal-entity"},
	{"is not a valid company", erpbridge.Refused, "legal-entity"},

	// Of the OData library: entities and fields that this version of F&O does not have.
	{"could not find entity", erpbridge.Refused, "entity"},
	{"entity could not be found", erpbridge.Refused, "entity"},
	{"could not find a property named", erpbridge.Refused, "field"},
	{"resource not found for the segment", erpbridge.Refused, "entity"},
}

// noExecution is in the message of GetExecutionSummaryStatus for an id that F&O does not
// know: issue 71 of the Recurring Integrations Scheduler.
const noExecution = "execution details were not found"

// isNoExecution reports whether an error of GetExecutionSummaryStatus says that F&O does not
// know an id. The sentence is a label, in the language of the user that the application is
// mapped to. What all languages have in common is that it stands behind the name of the
// action and names the id; what is wrong with the service, or with the caller, does not. But
// what is wrong with the database may: "Cannot select a record in ... Execution ID: ... The
// SQL database has issued an error." An import that is under way would be made again.
func isNoExecution(err error, id string) bool {
	said := strings.ToLower(err.Error())
	if strings.Contains(said, noExecution) {
		return true
	}
	var known *erpbridge.Error
	if !errors.As(err, &known) || known.Code != "" || known.Kind != erpbridge.Transient && known.Kind != erpbridge.Invalid {
		return false
	}
	for _, disturbance := range []string{"sql", "timeout", "time-out", "timed out"} {
		if strings.Contains(said, disturbance) {
			return false
		}
	}
	return strings.Contains(said, "getexecutionsummarystatus") && strings.Contains(said, strings.ToLower(id))
}

// passing are words of an import that failed for what will not last: the same package
// imported again may well succeed.
var passing = []string{
	"deadlock", "update conflict", "updateconflict", "another user has changed the record", "lock request time out", "timeout expired",
	"ein anderer benutzer hat den datensatz geändert", "un autre utilisateur a modifié l'enregistrement", "batch job was canceled",
}

// kindOf returns what words of F&O's ask for; ok is false where they say nothing known.
func kindOf(text string) (kind erpbridge.Kind, code string, ok bool) {
	said := strings.ToLower(text)
	for _, t := range texts {
		if strings.Contains(said, t.part) {
			return t.kind, t.code, true
		}
	}
	return "", "", false
}

// isPassing reports whether an import failed for what will not last.
func isPassing(text string) bool {
	said := strings.ToLower(text)
	for _, p := range passing {
		if strings.Contains(said, p) {
			return true
		}
	}
	return false
}

// stateOf reads a state by one of the tables, whatever its capitals.
func stateOf(table map[string]progress, word string) progress {
	if p, ok := table[word]; ok {
		return p
	}
	for w, p := range table {
		if strings.EqualFold(w, word) {
			return p
		}
	}
	return notUnderstood
}
