package suitetalk

import "fmt"

// A fault says that nothing of a request was done.
type fault struct {
	faultcode string // SOAP's: "soapenv:Server.userException"
	element   string // the vendor's detail element; empty: a fault without one
	code      string // the vendor's code in it
	message   string
}

const (
	userException = "soapenv:Server.userException"
	clientFault   = "soapenv:Client"
)

// faultElements are the detail elements the codes of faults come in.
var faultElements = map[string]string{
	"ACCT_TEMP_UNAVAILABLE":      "invalidAccountFault",
	"INSUFFICIENT_PERMISSION":    "insufficientPermissionFault",
	"INVALID_ACCT":               "invalidAccountFault",
	"INVALID_JOB_ID":             "asyncFault",
	"INVALID_LOGIN_CREDENTIALS":  "invalidCredentialsFault",
	"INVALID_ROLE":               "insufficientPermissionFault",
	"INVALID_WS_VERSION":         "invalidVersionFault",
	"JOB_NOT_COMPLETE":           "asyncFault",
	"LOGIN_DISABLED":             "invalidCredentialsFault",
	"MAX_RCRDS_EXCEEDED":         "exceededRecordCountFault",
	"ROLE_REQUIRED":              "insufficientPermissionFault",
	"SESSION_TIMED_OUT":          "invalidSessionFault",
	"UNSUPPORTED_WS_VERSION":     "invalidVersionFault",
	"WS_CONCUR_SESSION_DISALLWD": "exceededRequestLimitFault",
	"WS_FEATURE_REQD":            "insufficientPermissionFault",
	"WS_LOG_IN_REQD":             "invalidSessionFault",
	"WS_PERMISSION_REQD":         "insufficientPermissionFault",
	"WS_REQUEST_BLOCKED":         "exceededConcurrentRequestLimitFault",
}

// vendorFault returns the fault a code comes in, unexpectedErrorFault for a code
// that has none of its own.
func vendorFault(code, message string) *fault {
	element, ok := faultElements[code]
	if !ok {
		element = "unexpectedErrorFault"
	}
	return &fault{userException, element, code, message}
}

// malformedRequest is the fault of the SOAP layer, which knows no vendor codes.
func malformedRequest(format string, args ...any) *fault {
	return &fault{faultcode: clientFault, message: "org.xml.sax.SAXException: " + fmt.Sprintf(format, args...)}
}

func blocked() *fault {
	return vendorFault("WS_REQUEST_BLOCKED", "SuiteTalk concurrent request limit exceeded. Request blocked.")
}

func invalidLogin() *fault {
	return vendorFault("INVALID_LOGIN_CREDENTIALS", "Invalid login attempt.")
}

func sessionExpired() *fault {
	return vendorFault("SESSION_TIMED_OUT", "Your connection has timed out. Please log in again.")
}

func ambiguousAuthentication() *fault {
	return &fault{userException, "invalidCredentialsFault", "USER_ERROR", "Ambiguous authentication"}
}

// maintenance is told by its text alone: it comes without a vendor's detail.
func maintenance() *fault {
	return &fault{faultcode: userException, message: "The account you are trying to access is currently unavailable " +
		"while we undergo our regularly scheduled maintenance."}
}
