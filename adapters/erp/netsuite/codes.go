package netsuite

import (
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// codes says what NetSuite's codes ask for. Of its 1,399 codes for a record
// these are the ones known to be something else than "this record, never", or
// known well enough to be named. The names are those of StatusDetailCodeType and
// FaultCodeType in the vendor's schema (platform.faultTypes.xsd, 2023.2).
var codes = map[string]erpbridge.Kind{
	// Concurrency is per account, over SOAP, REST and RESTlets: wait.
	// (NetSuite help, "Web Services and RESTlet Concurrency Governance")
	"WS_REQUEST_BLOCKED":             erpbridge.Throttled,
	"WS_CONCUR_SESSION_DISALLWD":     erpbridge.Throttled,
	"WS_EXCEEDED_CONCUR_USERS_ALLWD": erpbridge.Throttled,
	"SSS_REQUEST_LIMIT_EXCEEDED":     erpbridge.Throttled,
	"CONCURRENCY_LIMIT_EXCEEDED":     erpbridge.Throttled,
	"EXCEEDED_MAX_CONCUR_RQST":       erpbridge.Throttled,
	"CONCUR_SEARCH_DISALLWD":         erpbridge.Throttled,
	"EXCEEDED_MAX_SESSIONS":          erpbridge.Throttled,

	// NetSuite is busy or somebody else has the record: again later.
	"ACCT_TEMP_UNAVAILABLE":                   erpbridge.Transient, // maintenance
	"SESSION_TIMED_OUT":                       erpbridge.Transient,
	"INVALID_SESSION":                         erpbridge.Transient,
	"UNEXPECTED_ERROR":                        erpbridge.Transient, // its message names an Error ID for Oracle's support
	"RCRD_HAS_BEEN_CHANGED":                   erpbridge.Transient,
	"CANT_UPDATE_RECRD_HAS_CHANGED":           erpbridge.Transient,
	"RCRD_EDITED_SINCE_RETRIEVED":             erpbridge.Transient,
	"SSS_CONNECTION_TIME_OUT":                 erpbridge.Transient,
	"SSS_REQUEST_TIME_EXCEEDED":               erpbridge.Transient,
	"ABORT_SEARCH_EXCEEDED_MAX_TIME":          erpbridge.Transient,
	"TIMEOUT_THE_RECORD_DOESNT_EXIST_ANYMORE": erpbridge.Transient,
	"JOB_NOT_COMPLETE":                        erpbridge.Transient, // an asynchronous job has no results yet
	"ACCT_TEMP_DISABLED":                      erpbridge.Transient, // maintenance, as above
	"SESSION_TERMD_2ND_LOGIN_DECTD":           erpbridge.Transient,
	"DATA_RETRIEVAL_ERROR":                    erpbridge.Transient,
	"EXCEEDED_MAX_TIME":                       erpbridge.Transient,
	"SEARCH_TIMED_OUT":                        erpbridge.Transient,
	"SSS_SEARCH_TIMEOUT":                      erpbridge.Transient,
	"SSS_TIME_LIMIT_EXCEEDED":                 erpbridge.Transient, // a script of the customer's ran out of time before the record was saved
	"SSS_TRANS_IN_PROGRESS":                   erpbridge.Transient,
	"TRANS_IN_USE":                            erpbridge.Transient,

	// Credentials, roles, features: trying again spends every document's attempts
	// and can lock the token.
	"INVALID_LOGIN_CREDENTIALS": erpbridge.Refused,
	"INVALID_LOGIN":             erpbridge.Refused,
	"INVALID_LOGIN_ATTEMPT":     erpbridge.Refused,
	"INVALID_LOGIN_IP":          erpbridge.Refused,
	"INVALID_ACCT":              erpbridge.Refused,
	"INVALID_ROLE":              erpbridge.Refused,
	"ROLE_REQUIRED":             erpbridge.Refused,
	"LOGIN_DISABLED":            erpbridge.Refused,
	"WS_LOG_IN_REQD":            erpbridge.Refused,
	"ACCT_DISABLED":             erpbridge.Refused,
	"INSUFFICIENT_PERMISSION":   erpbridge.Refused,
	"PERMISSION_VIOLATION":      erpbridge.Refused,
	"WS_FEATURE_REQD":           erpbridge.Refused,
	"WS_PERMISSION_REQD":        erpbridge.Refused,
	"UNSUPPORTED_WS_VERSION":    erpbridge.Refused,
	"INVALID_WS_VERSION":        erpbridge.Refused,
	"MAX_RCRDS_EXCEEDED":        erpbridge.Refused, // the batch is too large

	// The role is one that needs a second factor, which a token does not have, or lacks
	// something else that a log-on needs.
	"TWO_FA_REQD":                            erpbridge.Refused,
	"TWO_FA_AUTH_REQD":                       erpbridge.Refused,
	"ADDITIONAL_AUTHENTICATION_REQUIRED_2FA": erpbridge.Refused,
	"ADDITIONAL_AUTHENTICATION_REQUIRED_SQ":  erpbridge.Refused,
	"CANT_LOGIN_WITH_OAUTH":                  erpbridge.Refused,
	"USER_DISABLED":                          erpbridge.Refused,
	"LOGIN_REQD":                             erpbridge.Refused,
	"ROLE_REQD":                              erpbridge.Refused,
	"ACTIVE_ROLE_REQD":                       erpbridge.Refused,
	"EMAIL_ADDRS_REQD":                       erpbridge.Refused,
	"PSWD_REQD":                              erpbridge.Refused,
	"NOT_ENOUGH_PERMISSIONS":                 erpbridge.Refused,
	"OI_FEATURE_REQD":                        erpbridge.Refused,
	"OI_PERMISSION_REQD":                     erpbridge.Refused,

	// Something referred to is not there, yet: its own document may be on its way.
	"RCRD_DSNT_EXIST":         erpbridge.Missing,
	"INVALID_KEY_OR_REF":      erpbridge.Missing,
	"NONEXISTENT_EXTERNAL_ID": erpbridge.Missing,
	"NONEXISTENT_ID":          erpbridge.Missing,
	"INVALID_REF_KEY":         erpbridge.Missing,
	"TRANS_DSNT_EXIST":        erpbridge.Missing,
	"TRANS_DOES_NOT_EXIST":    erpbridge.Missing,
	"RCRD_NOT_FOUND":          erpbridge.Missing,
	"ORDER_DSNT_EXIST":        erpbridge.Missing,

	// The record as it is will never do.
	"USER_ERROR":                  erpbridge.Invalid, // "Please enter value(s) for: ...": a form may demand any field
	"FIELD_REQD":                  erpbridge.Invalid,
	"MISSING_REQD_FLD":            erpbridge.Invalid,
	"INVALID_FLD_VALUE":           erpbridge.Invalid,
	"EXCEEDED_MAX_FIELD_LENGTH":   erpbridge.Invalid,
	"INVALID_RCRD_TYPE":           erpbridge.Invalid,
	"CLOSED_TRAN_PRD":             erpbridge.Invalid,
	"INSUFFICIENT_FLD_PERMISSION": erpbridge.Invalid,
	"RCRD_UNEDITABLE":             erpbridge.Invalid,

	// The customer exists under another external id or none. Trying again cannot
	// help; somebody has to say which one it is.
	"DUP_RCRD":            erpbridge.Invalid,
	"DUP_ENTITY":          erpbridge.Invalid,
	"DUP_ENTITY_EMAIL":    erpbridge.Invalid,
	"DUP_ENTITY_NAME":     erpbridge.Invalid,
	"UNIQUE_CUST_ID_REQD": erpbridge.Invalid,
}

// faults says what a fault asks for by the name of its detail, where it has a
// code that is not among codes. The names are those of platform.faults.xsd.
var faults = map[string]erpbridge.Kind{
	"exceededConcurrentRequestLimitFault": erpbridge.Throttled,
	"exceededRequestLimitFault":           erpbridge.Throttled,
	"exceededUsageLimitFault":             erpbridge.Throttled,
	"invalidSessionFault":                 erpbridge.Transient,
	"unexpectedErrorFault":                erpbridge.Transient,
	"invalidCredentialsFault":             erpbridge.Refused, // also "Ambiguous authentication", with the code USER_ERROR
	"invalidAccountFault":                 erpbridge.Refused,
	"insufficientPermissionFault":         erpbridge.Refused,
	"invalidVersionFault":                 erpbridge.Refused,
	"exceededRecordCountFault":            erpbridge.Refused, // the batch is too large
	"exceededRequestSizeFault":            erpbridge.Refused,
}

// texts says what a fault asks for by its words: some come with no code of
// NetSuite's at all. Except where noted they are what the NetSweet client, ten
// years in production, has learnt to try again.
var texts = []struct {
	part string // in lower case
	kind erpbridge.Kind
}{
	{"only one request may be made against a session", erpbridge.Throttled},
	{"concurrent request limit exceeded", erpbridge.Throttled},
	{"ambiguous authentication", erpbridge.Refused},  // NetSuite help, "Token-Based Authentication Errors"
	{"invalid login attempt", erpbridge.Refused},     // the same
	{"invalid login credentials", erpbridge.Refused}, // the same
	{"concurrentmodificationexception", erpbridge.Transient},
	{"nullpointerexception", erpbridge.Transient},
	{"illegalstateexception", erpbridge.Transient},
	{"invocationtargetexception", erpbridge.Transient},
	{"nldatabaseofflineexception", erpbridge.Transient},
	{"nocompanydbsonlineexception", erpbridge.Transient},
	{"cacheunavailableexception", erpbridge.Transient},
	{"an unexpected error occurred", erpbridge.Transient},
	{"ws_an_unexpected_error_occurred", erpbridge.Transient},
	{"session invalidation is in progress", erpbridge.Transient},
	{"regularly scheduled maintenance", erpbridge.Transient},
	{"the connection pool is not in", erpbridge.Transient}, // "intialized", and other spellings
}

// lacksPermission reports whether a code says that the role may not do something. As a
// fault that is the whole request. On one record it may be that record alone: its form, its
// type, a field of it, an order of a subsidiary that the role does not see. What is wrong
// with one order must not stop all.
func lacksPermission(code string) bool {
	return code == "INSUFFICIENT_PERMISSION" || code == "PERMISSION_VIOLATION" || code == "NOT_ENOUGH_PERMISSIONS"
}

// lacksLogin reports whether a code says what a log-on lacks. NetSuite says so of a customer,
// too, whom the record gives access, or an employee it names: on one record it is of that.
func lacksLogin(code string) bool {
	switch code {
	case "EMAIL_ADDRS_REQD", "PSWD_REQD", "LOGIN_REQD", "ROLE_REQD", "ACTIVE_ROLE_REQD", "USER_DISABLED":
		return true
	}
	return false
}

// kindOfRecord returns what a code on a record asks for. An unknown code is
// about this record and permanent; no code at all is nothing to go by.
func kindOfRecord(code string) erpbridge.Kind {
	if lacksPermission(code) || lacksLogin(code) {
		return erpbridge.Invalid
	}
	if k, ok := codes[code]; ok {
		return k
	}
	if code == "" {
		return erpbridge.Unknown
	}
	return erpbridge.Invalid
}

// kindOfFault returns what a fault asks for, and its code. A fault is about the
// request and says nothing of any one record in it, so it is never Invalid or
// Missing: that would bury a hundred documents for one. What is unknown is
// Unknown, a few tries.
func kindOfFault(f *soap.Fault) (erpbridge.Kind, string) {
	code := f.DetailCode
	if code == "" {
		code = f.Code
	}
	switch k := codes[f.DetailCode]; k {
	case erpbridge.Throttled, erpbridge.Transient, erpbridge.Refused:
		return k, code
	}
	if k, ok := faults[f.DetailName]; ok {
		return k, code
	}
	said := strings.ToLower(f.Code + " " + f.String + " " + f.DetailMessage)
	for _, t := range texts {
		if strings.Contains(said, t.part) {
			return t.kind, code
		}
	}
	if kind, ok := f.Standard(); ok {
		return kind, code
	}
	return erpbridge.Unknown, code
}

// atTheDoor are the passing faults, by code, name or words, of a request that NetSuite
// did not let in: nothing of it was done.
var atTheDoor = []string{
	"acct_temp_unavailable", "acct_temp_disabled", "session_termd_2nd_login_dectd", "session_timed_out", "invalid_session", "invalidsessionfault", "session invalidation is in progress",
	"regularly scheduled maintenance", "nldatabaseofflineexception", "nocompanydbsonlineexception",
}

// leavesDoubt reports whether a passing fault may have come after the records were
// written: "an unexpected error occurred" says nothing of when.
func leavesDoubt(f *soap.Fault) bool {
	said := strings.ToLower(f.DetailName + " " + f.DetailCode + " " + f.Code + " " + f.String + " " + f.DetailMessage)
	for _, part := range atTheDoor {
		if strings.Contains(said, part) {
			return false
		}
	}
	return true
}

// existsElsewhere reports whether a code says that NetSuite's duplicate
// detection found the record.
func existsElsewhere(code string) bool {
	return code == "UNIQUE_CUST_ID_REQD" || strings.HasPrefix(code, "DUP_")
}
