package bigcommerce

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// The headers of the Standard Webhooks scheme. All of them are signed or the signature.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

const (
	// window is how far a signature's time may be from the time of receipt: a captured
	// request is worth nothing after it.
	window = 300 * time.Second
	// mostSignatures is how many a header may list; more would be work for nothing.
	mostSignatures = 16
)

// standardProof checks that one of the signatures m lists is the HMAC-SHA256 of id,
// timestamp and body under one of secrets. The secret's bytes are the key.
func standardProof(m erpbridge.Message, secrets [][]byte) error {
	id, err := standardID(m)
	if err != nil {
		return err
	}
	stamp, err := standardTime(m)
	if err != nil {
		return err
	}
	sums, err := signatures(m)
	if err != nil {
		return err
	}
	match := 0
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(id + "." + stamp + "."))
		mac.Write(m.Body)
		want := mac.Sum(nil)
		for _, sum := range sums {
			match |= subtle.ConstantTimeCompare(want, sum)
		}
	}
	if match != 1 {
		return errors.New("webhook-signature: no configured secret gives one of its signatures; was the secret changed, or the body altered on its way?")
	}
	return nil
}

// standardID returns the message's id. A dot in it could move the border between id and
// timestamp within the signed bytes.
func standardID(m erpbridge.Message) (string, error) {
	id := signed.ID(m.Header, headerID)
	if id == "" || strings.Contains(id, ".") {
		return "", errors.New("webhook-id: is not there once, or is not an id without dots")
	}
	return id, nil
}

// standardTime returns the timestamp as it is signed, if it is near the time of receipt.
func standardTime(m erpbridge.Message) (string, error) {
	stamps := signed.Values(m.Header, headerTimestamp)
	if len(stamps) != 1 {
		return "", fmt.Errorf("webhook-timestamp: stands there %d times, not once", len(stamps))
	}
	stamp := stamps[0]
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || len(stamp) > 12 || strings.Trim(stamp, "0123456789") != "" {
		return "", errors.New("webhook-timestamp: is not a number of seconds")
	}
	if off := m.ReceivedAt.Truncate(time.Second).Sub(time.Unix(seconds, 0)); off > window || off < -window {
		return "", fmt.Errorf("webhook-timestamp: is %s from the time of receipt, more than %s; are both clocks right?", off, window)
	}
	return stamp, nil
}

// signatures returns the sums of version 1 that the signature header lists. Others are
// of versions to come.
func signatures(m erpbridge.Message) ([][]byte, error) {
	values := signed.Values(m.Header, headerSignature)
	if len(values) != 1 {
		return nil, fmt.Errorf("webhook-signature: stands there %d times, not once", len(values))
	}
	listed := strings.SplitN(values[0], " ", mostSignatures+1)
	if len(listed) > mostSignatures {
		return nil, fmt.Errorf("webhook-signature: lists more than %d signatures", mostSignatures)
	}
	var sums [][]byte
	for _, one := range listed {
		text, v1 := strings.CutPrefix(one, "v1,")
		if sum, ok := signed.DecodeSum(text); v1 && ok {
			sums = append(sums, sum)
		}
	}
	if len(sums) == 0 {
		return nil, errors.New("webhook-signature: lists no base64 SHA-256 HMAC of version v1")
	}
	return sums, nil
}
