package soap

import (
	"strings"

	"github.com/hakooi/erpbridge"
)

// standards are the fault codes that SOAP, WS-Security and WS-Addressing define, and what
// they ask for. Their words come in the language of whoever says them; their codes do not.
// A request that gets one of them was turned away by the stack, before any application.
var standards = map[string]erpbridge.Kind{
	// SOAP 1.1, 4.4.1, and SOAP 1.2, 5.4.6: the binding, and so the configuration.
	"VersionMismatch":     erpbridge.Refused,
	"MustUnderstand":      erpbridge.Refused,
	"DataEncodingUnknown": erpbridge.Refused,

	// WS-Security: SOAP Message Security 1.1, 12.
	"UnsupportedSecurityToken": erpbridge.Refused,
	"UnsupportedAlgorithm":     erpbridge.Refused,
	"InvalidSecurity":          erpbridge.Refused,
	"InvalidSecurityToken":     erpbridge.Refused,
	"FailedAuthentication":     erpbridge.Refused,
	"FailedCheck":              erpbridge.Refused,
	"SecurityTokenUnavailable": erpbridge.Refused,

	// WS-Addressing 1.0, SOAP Binding, 6.4.
	"InvalidAddressingHeader":         erpbridge.Refused,
	"MessageAddressingHeaderRequired": erpbridge.Refused,
	"DestinationUnreachable":          erpbridge.Refused,
	"ActionNotSupported":              erpbridge.Refused,
	"EndpointUnavailable":             erpbridge.Transient,
}

// Standard returns what a fault asks for by a code that SOAP itself or one of its standards
// defines, and whether it has one.
func (f *Fault) Standard() (erpbridge.Kind, bool) {
	for _, code := range []string{f.Subcode, f.Code} { // the finer one first
		if kind, ok := standards[code[strings.LastIndex(code, ":")+1:]]; ok {
			return kind, true
		}
	}
	return "", false
}
