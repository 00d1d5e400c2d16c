package ax2012

import (
	"strings"

	"github.com/hakooi/erpbridge"
)

// codes says what AIF's fault codes ask for (Microsoft, "How to: Enable checking for
// duplicate messages", "Troubleshoot services and AIF").
var codes = map[string]erpbridge.Kind{
	"DuplicateMessage":      erpbridge.Duplicate,
	"ActionNotSupported":    erpbridge.Refused, // the port was deployed anew, or without create
	"ActionNotUnderstood":   erpbridge.Refused,
	"UnauthorizedAccess":    erpbridge.Refused,
	"AuthorizationFailed":   erpbridge.Refused,
	"EndpointNotFound":      erpbridge.Refused,
	"CompanyNotFound":       erpbridge.Refused,
	"PortNotEnabled":        erpbridge.Transient, // activating any port restarts all of them
	"ServiceNotAvailable":   erpbridge.Transient,
	"DeserializationFailed": erpbridge.Invalid,
	"SchemaValidation":      erpbridge.Invalid,
	"ValidationFailed":      erpbridge.Invalid,
	"RecordNotFound":        erpbridge.Invalid,
}

// exceptions says what the X++ exception behind a fault asks for, by its number in the
// enumeration Exception. AX has rolled back what it did.
var exceptions = map[string]erpbridge.Kind{
	"4":  erpbridge.Transient, // Deadlock
	"6":  erpbridge.Transient, // DDEerror: a broken connection between AX's own parts
	"10": erpbridge.Transient, // UpdateConflict
	"11": erpbridge.Transient, // UpdateConflictNotRecovered
	"15": erpbridge.Transient, // DuplicateKeyException: two at once took the same number
	"16": erpbridge.Transient, // DuplicateKeyExceptionNotRecovered
}

// texts says what a fault asks for by its words, where it has neither. They follow the
// language of our CallContext.
var texts = []struct {
	part string // in small letters
	kind erpbridge.Kind
}{
	{"has already been processed", erpbridge.Duplicate},
	{"wurde bereits verarbeitet", erpbridge.Duplicate},
	{"deadlock", erpbridge.Transient},
	{"update conflict", erpbridge.Transient},
	{"another user has changed the record", erpbridge.Transient},
	{"request failed. see the exception log", erpbridge.Unknown}, // the detail is in AX: a few tries, then a person looks
	{"not authorized", erpbridge.Refused},
	{"access denied", erpbridge.Refused},
	{"does not exist", erpbridge.Invalid},
	{"existiert nicht", erpbridge.Invalid},
	{"must be filled in", erpbridge.Invalid},
	{"muss ausgefüllt werden", erpbridge.Invalid},
	{"is not found in the related table", erpbridge.Invalid},
	{"wurde in der zugehörigen tabelle", erpbridge.Invalid},
}

// A refusal is a fault of AIF's, over http or in a response file.
type refusal struct {
	codes     []string
	exception string
	said      string
}

// kind classifies a refusal. What nobody knows is tried a few times; then a person looks.
func (r refusal) kind() erpbridge.Kind {
	for _, c := range r.codes {
		if k, ok := codes[c]; ok {
			return k
		}
	}
	if k, ok := exceptions[r.exception]; ok {
		return k
	}
	said := strings.ToLower(r.said)
	for _, t := range texts {
		if strings.Contains(said, t.part) {
			return t.kind
		}
	}
	return erpbridge.Unknown
}
