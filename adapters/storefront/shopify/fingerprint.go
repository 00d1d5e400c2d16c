package shopify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge"
)

// instants writes a time as the instant it is: two offsets, one state.
var instants = json.WithMarshalers(json.MarshalToFunc(func(enc *jsontext.Encoder, t time.Time) error {
	return enc.WriteToken(jsontext.String(t.UTC().Format(time.RFC3339Nano)))
}))

// fingerprint returns the SHA-256 of an order's content, in hexadecimal.
//
// It covers every field of the canonical order but UpdatedAt, which is the other
// half of a Version: orders/create, orders/paid and orders/updated about one
// moment have one fingerprint if an ERP would see no difference. The topic is not
// part of it, and neither is how the body was spelled: member order, 1.5 or
// "1.50", nor members the bridge does not read.
//
// It is the hash of the order as JSON with exact decimals, without trailing
// zeros, in the order of the fields' declaration. A new field therefore changes
// the fingerprints of all orders; what that costs is one more update each.
func fingerprint(o erpbridge.Order) (string, error) {
	o.UpdatedAt = time.Time{}
	canonical, err := json.Marshal(o, instants, json.Deterministic(true))
	if err != nil {
		return "", fmt.Errorf("fingerprinting the order: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}
