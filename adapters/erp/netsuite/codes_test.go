package netsuite

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// Row by row, what a code on a record asks for.
func TestKindOfRecord(t *testing.T) {
	for kind, list := range map[erpbridge.Kind]string{
		erpbridge.Throttled: "WS_REQUEST_BLOCKED WS_CONCUR_SESSION_DISALLWD WS_EXCEEDED_CONCUR_USERS_ALLWD SSS_REQUEST_LIMIT_EXCEEDED CONCURRENCY_LIMIT_EXCEEDED EXCEEDED_MAX_CONCUR_RQST CONCUR_SEARCH_DISALLWD EXCEEDED_MAX_SESSIONS",
		erpbridge.Transient: "ACCT_TEMP_UNAVAILABLE SESSION_TIMED_OUT INVALID_SESSION UNEXPECTED_ERROR RCRD_HAS_BEEN_CHANGED CANT_UPDATE_RECRD_HAS_CHANGED " +
			"RCRD_EDITED_SINCE_RETRIEVED SSS_CONNECTION_TIME_OUT SSS_REQUEST_TIME_EXCEEDED TIMEOUT_THE_RECORD_DOESNT_EXIST_ANYMORE JOB_NOT_COMPLETE ABORT_SEARCH_EXCEEDED_MAX_TIME " +
			"ACCT_TEMP_DISABLED SESSION_TERMD_2ND_LOGIN_DECTD DATA_RETRIEVAL_ERROR EXCEEDED_MAX_TIME SEARCH_TIMED_OUT SSS_SEARCH_TIMEOUT SSS_TIME_LIMIT_EXCEEDED SSS_TRANS_IN_PROGRESS TRANS_IN_USE",
		erpbridge.Refused: "INVALID_LOGIN_CREDENTIALS INVALID_LOGIN INVALID_LOGIN_ATTEMPT INVALID_LOGIN_IP INVALID_ACCT INVALID_ROLE ROLE_REQUIRED LOGIN_DISABLED " +
			"WS_LOG_IN_REQD ACCT_DISABLED WS_FEATURE_REQD WS_PERMISSION_REQD UNSUPPORTED_WS_VERSION INVALID_WS_VERSION MAX_RCRDS_EXCEEDED " +
			"TWO_FA_REQD TWO_FA_AUTH_REQD ADDITIONAL_AUTHENTICATION_REQUIRED_2FA ADDITIONAL_AUTHENTICATION_REQUIRED_SQ CANT_LOGIN_WITH_OAUTH " +
			"OI_FEATURE_REQD OI_PERMISSION_REQD",
		erpbridge.Missing: "RCRD_DSNT_EXIST INVALID_KEY_OR_REF NONEXISTENT_EXTERNAL_ID NONEXISTENT_ID INVALID_REF_KEY TRANS_DSNT_EXIST TRANS_DOES_NOT_EXIST RCRD_NOT_FOUND ORDER_DSNT_EXIST",
		erpbridge.Invalid: "USER_DISABLED LOGIN_REQD ROLE_REQD ACTIVE_ROLE_REQD EMAIL_ADDRS_REQD PSWD_REQD " +
			"USER_ERROR FIELD_REQD MISSING_REQD_FLD INVALID_FLD_VALUE EXCEEDED_MAX_FIELD_LENGTH INVALID_RCRD_TYPE CLOSED_TRAN_PRD INSUFFICIENT_FLD_PERMISSION " +
			"RCRD_UNEDITABLE INSUFFICIENT_PERMISSION PERMISSION_VIOLATION NOT_ENOUGH_PERMISSIONS DUP_RCRD DUP_ENTITY DUP_ENTITY_EMAIL DUP_ENTITY_NAME UNIQUE_CUST_ID_REQD A_CODE_NOBODY_KNOWS USER_EXCEPTION",
	} {
		for code := range strings.FieldsSeq(list) {
			if got := kindOfRecord(code); got != kind {
				t.Errorf("%s: %s, want %s", code, got, kind)
			}
		}
	}
	wantKind(t, erpbridge.Unknown, &erpbridge.Error{Kind: kindOfRecord("")})
	if len(codes) != 83 {
		t.Errorf("the table has %d rows; a new one belongs into this test", len(codes))
	}
}

func TestKindOfFault(t *testing.T) {
	for _, c := range []struct {
		fault soap.Fault
		want  erpbridge.Kind
	}{
		// By code.
		{soap.Fault{DetailName: "exceededConcurrentRequestLimitFault", DetailCode: "WS_REQUEST_BLOCKED"}, erpbridge.Throttled},
		{soap.Fault{DetailName: "exceededRequestLimitFault", DetailCode: "WS_CONCUR_SESSION_DISALLWD"}, erpbridge.Throttled},
		{soap.Fault{DetailName: "unexpectedErrorFault", DetailCode: "UNEXPECTED_ERROR"}, erpbridge.Transient},
		{soap.Fault{DetailName: "invalidSessionFault", DetailCode: "SESSION_TIMED_OUT"}, erpbridge.Transient},
		{soap.Fault{DetailName: "unexpectedErrorFault", DetailCode: "ACCT_TEMP_UNAVAILABLE"}, erpbridge.Transient},
		{soap.Fault{DetailName: "invalidCredentialsFault", DetailCode: "INVALID_LOGIN_CREDENTIALS"}, erpbridge.Refused},
		{soap.Fault{DetailName: "insufficientPermissionFault", DetailCode: "INSUFFICIENT_PERMISSION"}, erpbridge.Refused},
		{soap.Fault{DetailName: "unexpectedErrorFault", DetailCode: "TWO_FA_REQD"}, erpbridge.Refused},
		{soap.Fault{DetailCode: "NOT_ENOUGH_PERMISSIONS"}, erpbridge.Refused},
		{soap.Fault{DetailName: "invalidCredentialsFault", DetailCode: "EMAIL_ADDRS_REQD"}, erpbridge.Refused},
		{soap.Fault{DetailCode: "PSWD_REQD"}, erpbridge.Refused},
		{soap.Fault{DetailCode: "ACCT_TEMP_DISABLED"}, erpbridge.Transient},
		{soap.Fault{DetailName: "exceededRecordCountFault", DetailCode: "MAX_RCRDS_EXCEEDED"}, erpbridge.Refused},
		// By the name of the detail, where the code says nothing.
		{soap.Fault{DetailName: "invalidCredentialsFault", DetailCode: "USER_ERROR", String: "Ambiguous authentication"}, erpbridge.Refused},
		{soap.Fault{DetailName: "exceededRequestLimitFault"}, erpbridge.Throttled},
		{soap.Fault{DetailName: "exceededUsageLimitFault", DetailCode: "NEW"}, erpbridge.Throttled},
		{soap.Fault{DetailName: "invalidVersionFault", DetailCode: "USER_ERROR"}, erpbridge.Refused},
		{soap.Fault{DetailName: "invalidAccountFault"}, erpbridge.Refused},
		{soap.Fault{DetailName: "exceededRequestSizeFault"}, erpbridge.Refused},
		{soap.Fault{DetailName: "unexpectedErrorFault"}, erpbridge.Transient},
		{soap.Fault{DetailName: "invalidSessionFault"}, erpbridge.Transient},
		// By its words, where there is neither.
		{soap.Fault{String: "Only one request may be made against a session at a time"}, erpbridge.Throttled},
		{soap.Fault{String: "SuiteTalk concurrent request limit exceeded. Request blocked."}, erpbridge.Throttled},
		{soap.Fault{String: "java.util.ConcurrentModificationException"}, erpbridge.Transient},
		{soap.Fault{String: "java.lang.NullPointerException"}, erpbridge.Transient},
		{soap.Fault{String: "java.lang.IllegalStateException"}, erpbridge.Transient},
		{soap.Fault{String: "java.lang.reflect.InvocationTargetException"}, erpbridge.Transient},
		{soap.Fault{String: "com.netledger.database.NLConnectionUtil$NoCompanyDbsOnlineException"}, erpbridge.Transient},
		{soap.Fault{String: "com.netledger.cache.CacheUnavailableException"}, erpbridge.Transient},
		{soap.Fault{String: "NLDatabaseOfflineException"}, erpbridge.Transient},
		{soap.Fault{String: "An unexpected error occurred."}, erpbridge.Transient},
		{soap.Fault{String: "[missing resource APP:ERRORMESSAGE:WS_AN_UNEXPECTED_ERROR_OCCURRED] [missing resource APP:ERRORMESSAGE:ERROR_ID_1]"}, erpbridge.Transient},
		{soap.Fault{String: "Session invalidation is in progress with different thread"}, erpbridge.Transient},
		{soap.Fault{String: "The account you are trying to access is currently unavailable while we undergo our regularly scheduled maintenance."}, erpbridge.Transient},
		{soap.Fault{String: "The Connection Pool is not intialized."}, erpbridge.Transient},
		{soap.Fault{String: "The Connection Pool is not intiialized."}, erpbridge.Transient},
		{soap.Fault{String: "Invalid login attempt."}, erpbridge.Refused},
		{soap.Fault{String: "Invalid login credentials."}, erpbridge.Refused},
		{soap.Fault{String: "Ambiguous authentication"}, erpbridge.Refused},
		// By a code of SOAP's own.
		{soap.Fault{Code: "soapenv:VersionMismatch", String: "x"}, erpbridge.Refused},
		{soap.Fault{Code: "soapenv:MustUnderstand", String: "x"}, erpbridge.Refused},
		// A fault is about the request: no record is invalid or missing by it.
		{soap.Fault{DetailName: "newFault", DetailCode: "USER_ERROR"}, erpbridge.Unknown},
		{soap.Fault{DetailCode: "RCRD_DSNT_EXIST"}, erpbridge.Unknown},
		{soap.Fault{Code: "soapenv:Server.userException", String: "org.xml.sax.SAXException: XX is not a legal value for {urn:types}Country"}, erpbridge.Unknown},
		{soap.Fault{}, erpbridge.Unknown},
	} {
		if got, _ := kindOfFault(&c.fault); got != c.want {
			t.Errorf("%+v: %s, want %s", c.fault, got, c.want)
		}
	}
}

func TestCodeOfFault(t *testing.T) {
	if _, code := kindOfFault(&soap.Fault{Code: "soapenv:Server", DetailCode: "WS_REQUEST_BLOCKED"}); code != "WS_REQUEST_BLOCKED" {
		t.Error(code)
	}
	if _, code := kindOfFault(&soap.Fault{Code: "soapenv:Server"}); code != "soapenv:Server" {
		t.Error(code)
	}
}

// The table names codes that the vendor has.
func TestWhichFaultsLeaveDoubt(t *testing.T) {
	for _, tt := range []struct {
		fault soap.Fault
		want  bool
	}{
		{soap.Fault{DetailName: "unexpectedErrorFault", DetailCode: "UNEXPECTED_ERROR"}, true},
		{soap.Fault{String: "An unexpected error occurred. Error ID: 1"}, true},
		{soap.Fault{String: "java.lang.NullPointerException"}, true},
		{soap.Fault{DetailCode: "SSS_REQUEST_TIME_EXCEEDED"}, true},
		{soap.Fault{DetailName: "unexpectedErrorFault", DetailCode: "ACCT_TEMP_UNAVAILABLE"}, false},
		{soap.Fault{DetailName: "invalidSessionFault", DetailCode: "SESSION_TIMED_OUT"}, false},
		{soap.Fault{DetailName: "unexpectedErrorFault", DetailCode: "ACCT_TEMP_DISABLED"}, false},
		{soap.Fault{DetailName: "unexpectedErrorFault", DetailCode: "SSS_TIME_LIMIT_EXCEEDED"}, true},
		{soap.Fault{String: "We are performing regularly scheduled maintenance"}, false},
	} {
		if got := leavesDoubt(&tt.fault); got != tt.want {
			t.Errorf("%+v: %v", tt.fault, got)
		}
	}
}

func TestConformanceCodes(t *testing.T) {
	f, err := os.Open(filepath.Join(testenv.Shared(t), "vendor-schemas", "netsuite", "status-and-fault-codes.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	known := map[string]bool{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		known[strings.TrimSpace(lines.Text())] = true
	}
	for code := range codes {
		if !known[code] {
			t.Errorf("%s is no code of the vendor's", code)
		}
	}
}
