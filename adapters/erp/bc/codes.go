package bc

import (
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// What faults ask for. A page service answers every failure with HTTP 500 and a Fault
// whose faultstring is a sentence in the language of the service user. What is the same
// in every language is the faultcode: it ends in the name of the .NET exception. So the
// table of exceptions comes first, and the sentences only where the exception says too
// little: NavNCLDialogException is any Error() in anybody's AL code.
//
// Sources: [codes] is Microsoft's own list, "Error Codes" (dynamics-error-codes.md), which
// names exceptions and their sentences; [create] and [update] its pages on these
// operations; [seen] a fault that a public client printed; [docs] the sentence as it stands
// in Microsoft's documentation of that language; [al] code or tests in AL that wait for
// this sentence; [telemetry] Microsoft's list of exceptions in its telemetry; [memory] heard
// of, and read nowhere.

// exceptions says what the exceptions ask for that say enough by their name.
var exceptions = map[string]erpbridge.Kind{
	"NavCSideDuplicateKeyException":          erpbridge.Duplicate, // [codes] [seen] is looked up before it is believed
	"NavCSideRecordNotFoundException":        erpbridge.Missing,   // [codes] [seen] "The Customer does not exist."
	"NavCSideValidateTableRelationException": erpbridge.Missing,   // [codes] "... cannot be found in the related table"
	"NavCSideDataException":                  erpbridge.Missing,   // [codes] "There is no ... within the filter"
	"NavNCLStringLengthExceededException":    erpbridge.Invalid,   // [codes]
	"NavNCLEvaluateException":                erpbridge.Invalid,   // [codes] a value of the wrong type
	"NavNCLInvalidGuidFormatException":       erpbridge.Invalid,   // [codes]
	"NavFilterException":                     erpbridge.Invalid,   // [codes] the reference is longer than its field
	"NavNCLCallbackNotAllowedException":      erpbridge.Invalid,   // [codes] AL code asks a person something
	"NavCompanyNotFoundException":            erpbridge.Refused,   // [codes]
	"NavInvalidCredentialException":          erpbridge.Refused,   // [codes]
	"NavPermissionException":                 erpbridge.Refused,   // [telemetry]
	"NavTenantNotAccessibleException":        erpbridge.Transient, // [codes] it is being moved, upgraded or mounted
	"ActionNotSupported":                     erpbridge.Refused,   // WCF's: the page has no such operation any more
	"DestinationUnreachable":                 erpbridge.Refused,   // WCF's
}

// sentences says what a fault asks for by its words, for the exceptions that can be
// anything. All parts of a row must occur. The first row that fits counts.
var sentences = []struct {
	parts []string // in lower case
	kind  erpbridge.Kind
}{
	// The key of a record is its timestamp, too: somebody else wrote it meanwhile.
	{[]string{"other user has modified"}, erpbridge.Transient},          // [update] [seen]
	{[]string{"another user has already changed"}, erpbridge.Transient}, // [codes]
	{[]string{"anderer benutzer", "geändert"}, erpbridge.Transient},     // [memory]
	{[]string{"autre utilisateur", "modifié"}, erpbridge.Transient},     // [memory]
	{[]string{"altro utente", "modificato"}, erpbridge.Transient},       // [memory]
	{[]string{"otro usuario", "modificado"}, erpbridge.Transient},       // [memory]
	// The same, since NAV 2015; it closes with the words that a missing record has, too.
	{[]string{"information on the page is not up-to-date"}, erpbridge.Transient},    // [seen]
	{[]string{"informationen auf der seite nicht", "aktuell"}, erpbridge.Transient}, // [memory]

	// Locks.
	{[]string{"deadlocked with another user"}, erpbridge.Transient},         // [seen]
	{[]string{"we can't save your changes right now"}, erpbridge.Transient}, // [seen]
	{[]string{"please retry the activity"}, erpbridge.Transient},            // [seen]
	{[]string{"deadlock", "anderen benutzer"}, erpbridge.Transient},         // [memory]
	{[]string{"bloqué", "autre utilisateur"}, erpbridge.Transient},          // [memory]
	{[]string{"locked by another user"}, erpbridge.Transient},               // [memory]
	{[]string{"von einem anderen benutzer gesperrt"}, erpbridge.Transient},  // [memory]
	{[]string{"verrouillé", "autre utilisateur"}, erpbridge.Transient},      // [memory]
	{[]string{"bloccat", "altro utente"}, erpbridge.Transient},              // [memory]
	{[]string{"bloquead", "otro usuario"}, erpbridge.Transient},             // [memory]

	// The server's own trouble.
	{[]string{"cannot establish a connection to the sql server"}, erpbridge.Transient}, // [codes]
	{[]string{"is not accessible", "tenant"}, erpbridge.Transient},                     // [codes]
	{[]string{"a transaction must be started before"}, erpbridge.Transient},            // microsoft/AL#3073: and the order had been created

	// Who asks, and whether there is somebody to answer.
	{[]string{"rejected the client credentials"}, erpbridge.Refused},          // [codes]
	{[]string{"do not have the following permissions"}, erpbridge.Refused},    // [al] in English only
	{[]string{"current permissions prevented the action"}, erpbridge.Refused}, // [seen] [al] the same, since Business Central
	{[]string{"default company cannot be found"}, erpbridge.Refused},          // [codes]

	// A number series that has no more numbers has none for any order: it is no use to bury
	// them one by one. One that has none for a date may have one for another order, or when
	// its line of the new year was entered.
	{[]string{"cannot assign new numbers from the number series", "on a date before"}, erpbridge.Invalid}, // [al] the series wants dates in order
	{[]string{"cannot assign new numbers from the number series", " on "}, erpbridge.Missing},             // [al]
	{[]string{"cannot assign new numbers from the number series"}, erpbridge.Refused},                     // [al]
	{[]string{"cannot assign numbers greater than", "from the number series"}, erpbridge.Refused},         // [al]

	// A page that asks back cannot be answered.
	{[]string{"issue a client callback"}, erpbridge.Invalid}, // [codes] [docs]
	{[]string{"client callbacks"}, erpbridge.Invalid},        // [docs]
	{[]string{"clientrückruf"}, erpbridge.Invalid},           // [memory]

	// What is there, and what is not. These words close the platform's own sentences.
	{[]string{"does not exist", "identification fields and values"}, erpbridge.Missing},   // [codes]
	{[]string{"already exists", "identification fields and values"}, erpbridge.Duplicate}, // [codes] [create]
	{[]string{"nicht", "identifizierungsfelder und -werte"}, erpbridge.Missing},           // [docs] de
	{[]string{"bereits", "identifizierungsfelder und -werte"}, erpbridge.Duplicate},       // [docs] de
	{[]string{"n'existe pas", "champs et valeurs d'identification"}, erpbridge.Missing},   // [al] fr
	{[]string{"existe déjà", "champs et valeurs d'identification"}, erpbridge.Duplicate},  // [al] fr
	{[]string{"non esiste", "campi e valori di identificazione"}, erpbridge.Missing},      // [docs] it
	{[]string{"già", "campi e valori di identificazione"}, erpbridge.Duplicate},           // [docs] it
	{[]string{"no existe", "campos y valores de identificación"}, erpbridge.Missing},      // [docs] [al] es
	{[]string{"ya existe", "campos y valores de identificación"}, erpbridge.Duplicate},    // [docs] [al] es
	{[]string{"cannot be found in the related table"}, erpbridge.Missing},                 // [codes] [al]
	{[]string{"in der zugehörigen tabelle nicht gefunden"}, erpbridge.Missing},            // [docs] de
	{[]string{"introuvable dans la table associée"}, erpbridge.Missing},                   // [docs] fr
	{[]string{"non trovato nella tabella correlata"}, erpbridge.Missing},                  // [docs] it
	{[]string{"no se puede encontrar en la tabla relacionada"}, erpbridge.Missing},        // [docs] [al] es

	// What will never do.
	{[]string{"the length of the string is", "must be less than or equal to"}, erpbridge.Invalid}, // [codes]
	{[]string{"cannot be evaluated into type"}, erpbridge.Invalid},                                // [codes]
	{[]string{"may not enter numbers manually"}, erpbridge.Invalid},                               // [codes]
	{[]string{"must have a value in", "cannot be zero or empty"}, erpbridge.Invalid},              // [codes]
	{[]string{"is not within your range of allowed posting dates"}, erpbridge.Invalid},            // [al]
}

// kindOfFault returns what a fault asks for, and the name of its exception. What is
// unknown is Unknown, a few tries: many Error() calls are about stock, dates or setup
// that a clerk changes meanwhile.
func kindOfFault(f *soap.Fault) (erpbridge.Kind, string) {
	code := exceptionOf(f)
	if kind, ok := exceptions[code]; ok {
		return kind, code
	}
	// TestField in AL: a setup or a state that is wrong; the sentence names it.
	if code == "NavTestFieldException" { // [codes]
		return erpbridge.Invalid, code
	}
	said := normal(f.Text())
	for _, s := range sentences {
		fits := true
		for _, part := range s.parts {
			fits = fits && strings.Contains(said, part)
		}
		if fits {
			return s.kind, code
		}
	}
	return erpbridge.Unknown, code
}

// exceptionOf returns the last part of a faultcode such as
// a:Microsoft.Dynamics.Nav.Types.Exceptions.NavCSideDuplicateKeyException.
func exceptionOf(f *soap.Fault) string {
	code := f.Code
	if i := strings.LastIndexAny(code, ".:"); i >= 0 {
		code = code[i+1:]
	}
	return code
}

// normal is a sentence as the table has it: in lower case, with plain apostrophes and
// single blanks.
func normal(text string) string {
	text = strings.NewReplacer("’", "'", "\u00a0", " ", "\u202f", " ").Replace(text)
	return strings.ToLower(strings.Join(strings.Fields(text), " "))
}

// otherPage reports whether a fault may mean that the page is not the one whose WSDL was
// read: it is read again before the next request.
func otherPage(f *soap.Fault) bool {
	switch exceptionOf(f) {
	case "ActionNotSupported", "DestinationUnreachable", "DeserializationFailed":
		return true
	case "ServiceBrokerException":
		return !strings.Contains(normal(f.Text()), "other user has modified")
	}
	return false
}
