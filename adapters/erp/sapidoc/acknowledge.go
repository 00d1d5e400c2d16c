package sapidoc

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"

	"github.com/hakooi/erpbridge"
)

// A door takes the confirmations that SAP posts.
type door struct{ *ERP }

// Acknowledge checks that SAP posted m, by user and password, and returns what its
// ALEAUD says.
func (d door) Acknowledge(m erpbridge.Message) ([]erpbridge.Acknowledgement, error) {
	const op = "sapidoc.Acknowledge"
	if !d.knows(m.Header) {
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Refused, Err: errors.New("user and password are not those of confirmations.user")}
	}
	words, err := d.readALEAUD(m.Body)
	if err != nil {
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Err: errors.New(d.reason(err.Error()))}
	}
	var order []string
	counts := map[string]word{}
	for _, w := range words {
		if before, ok := counts[w.docnum]; ok {
			w = newer(before, w)
		} else {
			order = append(order, w.docnum)
		}
		counts[w.docnum] = w
	}
	acks := make([]erpbridge.Acknowledgement, len(order))
	for i, docnum := range order {
		acks[i] = erpbridge.Acknowledgement{Ref: docnum, Result: d.result(op, counts[docnum]), Lasting: true}
	}
	return acks, nil
}

// knows compares the log-on without telling by its time how much of it was right.
func (d door) knows(header http.Header) bool {
	user, password, ok := (&http.Request{Header: header}).BasicAuth()
	same := func(a, b string) int {
		x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
		return subtle.ConstantTimeCompare(x[:], y[:])
	}
	c := d.conf.Confirmations
	return ok && same(user, c.User)&same(password, string(c.Password)) == 1
}
