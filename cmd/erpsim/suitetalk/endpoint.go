package suitetalk

import (
	"regexp"
	"strings"
)

const (
	soapNS   = "http://schemas.xmlsoap.org/soap/envelope/"
	soap12NS = "http://www.w3.org/2003/05/soap-envelope"
	xsiNS    = "http://www.w3.org/2001/XMLSchema-instance"
	axisNS   = "http://xml.apache.org/axis/"
)

// The endpoint versions this simulator speaks.
const (
	oldestVersion = "2016_1"
	newestVersion = "2025_2" // the last one planned
)

// An endpoint is one version of the web service, such as 2023_2. All its
// namespaces bear it.
type endpoint string

var portName = regexp.MustCompile(`^NetSuitePort_(\d{4}_[12])$`)

// endpointOf reads the version off the last part of the service's address.
func endpointOf(port string) (endpoint, bool) {
	m := portName.FindStringSubmatch(port)
	if m == nil {
		return "", false
	}
	return endpoint(m[1]), true
}

// supported reports whether the version is one of those simulated. Versions
// compare as text: four digits, an underscore, one digit.
func (e endpoint) supported() bool {
	return oldestVersion <= string(e) && string(e) <= newestVersion
}

// spaces are the namespaces by the prefix the vendor's documentation gives them;
// %s stands for the version. Inside the simulator the prefix is the namespace.
var spaces = []struct{ prefix, pattern string }{
	{"platformMsgs", "urn:messages_%s.platform.webservices.netsuite.com"},
	{"platformCore", "urn:core_%s.platform.webservices.netsuite.com"},
	{"platformCommon", "urn:common_%s.platform.webservices.netsuite.com"},
	{"platformFaults", "urn:faults_%s.platform.webservices.netsuite.com"},
	{"listAcct", "urn:accounting_%s.lists.webservices.netsuite.com"},
	{"listRel", "urn:relationships_%s.lists.webservices.netsuite.com"},
	{"tranSales", "urn:sales_%s.transactions.webservices.netsuite.com"},
	{"tranCust", "urn:customers_%s.transactions.webservices.netsuite.com"},
}

// namespace returns the URI of a prefix in this version.
func (e endpoint) namespace(prefix string) string {
	for _, s := range spaces {
		if s.prefix == prefix {
			return strings.Replace(s.pattern, "%s", string(e), 1)
		}
	}
	return ""
}

// prefix returns the prefix of a URI, or "" if it is none of this version.
func (e endpoint) prefix(uri string) string {
	for _, s := range spaces {
		if strings.Replace(s.pattern, "%s", string(e), 1) == uri {
			return s.prefix
		}
	}
	return ""
}
