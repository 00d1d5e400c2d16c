package gp

import (
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// notFound is how GP says that there is no such order. Everything hangs on it: what is
// surely not there is sent.
const notFound = "Business object not found"

// texts says what a Fault of GP asks for, by its words in English: the language of the
// culture that we send, and the only one whose words are known (see cultureShape). GP's
// faults have no codes: the detail is in its exception log, which the Fault names by a
// GUID. The words are those of the web service's programmer's guide (exceptions: business
// object not found, validation, security, unhandled system exception) and of SQL Server.
//
// Whatever a Fault says, it does not tell whether the order was booked: that is read back.
// Nor can that be learnt without the words, such as from how GP answers for an order that
// cannot exist: a Fault about the caller, or about GP itself, is the same for every order.
var texts = []struct {
	part string // in small letters
	kind erpbridge.Kind
}{
	{strings.ToLower(notFound), erpbridge.Missing},
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
