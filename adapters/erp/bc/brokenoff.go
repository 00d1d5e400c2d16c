package bc

import (
	"errors"
	"net/http"

	"github.com/hakooi/erpbridge"
)

// brokenOff knows what Business Central means by 408: an operation took longer than its
// eight minutes and was ended ("Operational limits online"). Elsewhere it says that a
// request was not taken. Here it was, and AL code that commits in between leaves what it
// has done by then, such as a header without its lines: the record is in doubt.
type brokenOff struct{ next http.RoundTripper }

func (b brokenOff) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusRequestTimeout {
		return resp, err
	}
	_ = resp.Body.Close() // nothing in it counts
	return nil, &erpbridge.Error{
		Op: "bc.call", Kind: erpbridge.InDoubt,
		Err: errors.New("HTTP 408: the ERP ended the operation because it took too long, and how far it came is not known"),
	}
}

// CloseIdleConnections passes on what http.Client asks of a transport.
func (b brokenOff) CloseIdleConnections() {
	if c, ok := b.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
