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
