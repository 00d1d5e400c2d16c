package gp

import (
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// texts says what a Fault of GP asks for, by its words in the languages GP's web service
// comes in; they follow the culture that we send. GP's faults have no codes: the detail
// is in its exception log, which the Fault names by a GUID. The words are those of the
// web service's programmer's guide (exceptions: business object not found, validation,
// security, unhandled system exception) and of SQL Server.
//
// Whatever a Fault says, it does not tell whether the order was booked: that is read back.
var texts = []struct {
	part string // in small letters
	kind erpbridge.Kind
}{
	{"business object not found", erpbridge.Missing},
	{"security exception", erpbridge.Refused},
	{"access denied", erpbridge.Refused},
	{"is not authorized", erpbridge.Refused},
	{"not assigned to a role", erpbridge.Refused},
	{"does not have access to the company", erpbridge.Refused},
	{"deadlock", erpbridge.Transient},        // SQL Server, error 1205
	{"timeout expired", erpbridge.Transient}, // SQL Server
	{"locked by another user", erpbridge.Transient},
	{"is being edited", erpbridge.Transient}, // the batch or document is open at somebody's desk
	{"server is too busy", erpbridge.Throttled},
	{"validation exception", erpbridge.Invalid},
	{"validation error", erpbridge.Invalid},
	{"is required", erpbridge.Invalid},
	{"does not exist", erpbridge.Invalid},             // an item or customer: nobody but a person will add it
	{"unhandled system exception", erpbridge.Unknown}, // anything at all: a few tries, then a person looks
}

// kindOf classifies a Fault. What nobody knows is tried a few times; then a person looks.
func kindOf(f *soap.Fault) erpbridge.Kind {
	said := strings.ToLower(f.Text())
	for _, t := range texts {
		if strings.Contains(said, t.part) {
			return t.kind
		}
	}
	return erpbridge.Unknown
}
