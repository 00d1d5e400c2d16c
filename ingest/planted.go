package ingest

import (
	"encoding/json"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
)

// tampered returns fronts with the planted bug that is a wrapper of them. In the program
// as it is shipped there is none, and this returns fronts.
func tampered(fronts map[string]erpbridge.Storefront) map[string]erpbridge.Storefront {
	if !fault.Planted("hmac-remarshal") { // planted: the signature is checked over other bytes than came
		return fronts
	}
	wrapped := make(map[string]erpbridge.Storefront, len(fronts))
	for name, front := range fronts {
		wrapped[name] = remarshalling{front}
	}
	return wrapped
}

// remarshalling reads the body as JSON and writes it again before anything looks at
// it: keys in another order, numbers as float64, the last of two equal keys.
type remarshalling struct{ erpbridge.Storefront }

func (r remarshalling) Verify(m erpbridge.Message) (erpbridge.Message, error) {
	var v any
	if json.Unmarshal(m.Body, &v) == nil {
		if again, err := json.Marshal(v); err == nil {
			m.Body = again
		}
	}
	return r.Storefront.Verify(m)
}
