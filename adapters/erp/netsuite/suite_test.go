package netsuite

import (
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

func TestSuite(t *testing.T) {
	var events []erpbridge.Event
	for _, o := range []*erpbridge.Order{placed(), taxIncluded(), everything(), yen(), dinar(), cancelled(), unfit(), withoutCustomer()} {
		events = append(events, event(o))
	}
	erptest.Run(t, erptest.Suite{
		Open: func(t *testing.T, url string) erpbridge.ERP {
			return open(t, "url: "+url+"\n")
		},
		Events:    events,
		Good:      takeAll,
		Throttle:  faulting("exceededConcurrentRequestLimitFault", "WS_REQUEST_BLOCKED", "SuiteTalk concurrent request limit exceeded. Request blocked."),
		Fault:     faulting("invalidCredentialsFault", "INVALID_LOGIN_CREDENTIALS", "Invalid login attempt."),
		FaultKind: erpbridge.Refused,
		Absent:    absentAll,
		Alive:     serverTime,
	})
}

// An ERP that works batches later takes and fails as the other does; what it takes is
// accepted.
func TestSuiteAsync(t *testing.T) {
	var events []erpbridge.Event
	for _, o := range []*erpbridge.Order{placed(), everything(), cancelled()} {
		events = append(events, event(o))
	}
	erptest.Run(t, erptest.Suite{
		Open: func(t *testing.T, url string) erpbridge.ERP {
			return &Async{open(t, "async: true\nurl: "+url+"\n")}
		},
		Events:    events,
		Good:      takeJob,
		Throttle:  faulting("exceededConcurrentRequestLimitFault", "WS_REQUEST_BLOCKED", "SuiteTalk concurrent request limit exceeded. Request blocked."),
		Fault:     faulting("invalidCredentialsFault", "INVALID_LOGIN_CREDENTIALS", "Invalid login attempt."),
		FaultKind: erpbridge.Refused,
		Absent:    absentAll,
		Alive:     serverTime,
	})
}
