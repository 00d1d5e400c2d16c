package storefronttest

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// refuses holds an adapter that has no webhooks to that: nothing that stands in headers
// makes one.
func (s Suite) refuses(t *testing.T) {
	shop := s.Open(t)
	for _, m := range s.Messages {
		for _, header := range []http.Header{
			nil,
			{},
			{"X-Shopify-Hmac-Sha256": {"AAAA"}, "X-Shopify-Topic": {m.Type}},
			{"Webhook-Id": {m.ID}, "Webhook-Timestamp": {"1"}, "Webhook-Signature": {"v1,AAAA"}},
			{"Authorization": {"Basic QTpC"}, "Content-Type": {"application/json"}},
		} {
			in := m
			in.Header = header.Clone()
			got, err := shop.Verify(in)
			if erpbridge.KindOf(err) != erpbridge.Refused {
				t.Errorf("%s: Verify = %v, want an error of kind refused", m.ID, err)
			}
			if diff := cmp.Diff(header, in.Header); diff != "" || !bytes.Equal(got.Body, m.Body) {
				t.Errorf("%s: Verify changed the caller's message:\n%s", m.ID, diff)
			}
		}
	}
}
