package adobecommerce

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hakooi/erpbridge"
)

const path1, path2 = "/prod/keys/pub-key-one.pem", "/prod/keys/pub-key-two.pem"

var (
	body     = []byte("what was signed")
	absentee = &erpbridge.Error{Kind: erpbridge.Missing}
	away     = &erpbridge.Error{Kind: erpbridge.Transient}
)

// signer returns a key, its text, and its signature over body.
func signer(t *testing.T, bits int) ([]byte, []byte) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), signature
}

// A shelf serves keys, and counts how often it is asked.
type shelf struct {
	asked atomic.Int32
	keys  map[string][]byte
	err   error
	takes time.Duration
}

func (s *shelf) fetch(ctx context.Context, path string) ([]byte, error) {
	s.asked.Add(1)
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(s.takes):
	}
	if s.err != nil {
		return nil, s.err
	}
	if text, ok := s.keys[path]; ok {
		return text, nil
	}
	return nil, absentee
}

func try(r *ring, proofs ...proof) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return r.verify(ctx, body, proofs)
}

func TestRing(t *testing.T) {
	text, signature := signer(t, 2048)
	weak, weaks := signer(t, 1024)
	for name, test := range map[string]struct {
		shelf  *shelf
		proofs []proof
		want   erpbridge.Kind
		asked  int32
	}{
		"the first":            {&shelf{keys: map[string][]byte{path1: text}}, []proof{{signature, path1}, {signature, path2}}, "", 1},
		"the second":           {&shelf{keys: map[string][]byte{path2: text}}, []proof{{signature, path1}, {signature, path2}}, "", 2},
		"neither":              {&shelf{}, []proof{{signature, path1}, {signature, path2}}, erpbridge.Refused, 2},
		"of another body":      {&shelf{keys: map[string][]byte{path1: text}}, []proof{{signature[1:], path1}}, erpbridge.Refused, 1},
		"the key of the other": {&shelf{keys: map[string][]byte{path1: text}}, []proof{{weaks, path1}, {signature, path2}}, erpbridge.Refused, 2},
		"away":                 {&shelf{err: away}, []proof{{signature, path1}}, erpbridge.Transient, 1},
		"throttled":            {&shelf{err: &erpbridge.Error{Kind: erpbridge.Throttled}}, []proof{{signature, path1}}, erpbridge.Transient, 1},
		"not a key":            {&shelf{keys: map[string][]byte{path1: []byte("<html>")}}, []proof{{signature, path1}}, erpbridge.Refused, 1},
		"a weak key":           {&shelf{keys: map[string][]byte{path1: weak}}, []proof{{weaks, path1}}, erpbridge.Refused, 1},
	} {
		r := ringOf(test.shelf.fetch)
		if err := try(r, test.proofs...); erpbridge.KindOf(err) != test.want {
			t.Errorf("%s: %v", name, err)
		}
		if got := test.shelf.asked.Load(); got != test.asked {
			t.Errorf("%s: asked %d times, want %d", name, got, test.asked)
		}
	}
}

// TestRingRemembers: a key is asked for once while it is fresh, and a path without one
// not again for a while.
func TestRingRemembers(t *testing.T) {
	text, signature := signer(t, 2048)
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{keys: map[string][]byte{path1: text}}
		r := ringOf(s.fetch)
		for range 3 {
			if err := try(r, proof{signature, path2}, proof{signature, path1}); err != nil {
				t.Fatal(err)
			}
		}
		if n := s.asked.Load(); n != 2 {
			t.Errorf("asked %d times for two paths", n)
		}
		time.Sleep(absent + time.Second)
		_ = try(r, proof{signature, path2})
		if n := s.asked.Load(); n != 3 {
			t.Errorf("asked %d times, want once more for the missing one", n)
		}

		// No longer fresh, and the host away: the key serves on, and is asked for now and then.
		time.Sleep(fresh)
		s.err = away
		for range 5 {
			if err := try(r, proof{signature, path1}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if n := s.asked.Load(); n != 4 {
			t.Errorf("asked %d times, want once more", n)
		}
		time.Sleep(stale)
		if err := try(r, proof{signature, path1}); erpbridge.KindOf(err) != erpbridge.Transient {
			t.Errorf("a key that nobody could ask for in a week still serves: %v", err)
		}

		// Withdrawn: the next look finds that, and it serves no more.
		s.err = nil
		if err := try(r, proof{signature, path1}); err != nil {
			t.Fatal(err)
		}
		delete(s.keys, path1)
		time.Sleep(fresh + time.Second)
		_ = try(r, proof{signature, path1})
		synctest.Wait()
		if err := try(r, proof{signature, path1}); erpbridge.KindOf(err) != erpbridge.Refused {
			t.Errorf("a withdrawn key still serves: %v", err)
		}
	})
}

// TestRingIsSlow: nobody waits longer than there is time, and who comes later has the key.
func TestRingIsSlow(t *testing.T) {
	text, signature := signer(t, 2048)
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{keys: map[string][]byte{path1: text}, takes: 2 * time.Second}
		r := ringOf(s.fetch)
		var refused atomic.Int32
		for range 50 {
			go func() {
				if erpbridge.KindOf(try(r, proof{signature, path1})) == erpbridge.Transient {
					refused.Add(1)
				}
			}()
		}
		began := time.Now()
		if err := try(r, proof{signature, path1}); erpbridge.KindOf(err) != erpbridge.Transient || time.Since(began) > patience {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		time.Sleep(3 * time.Second)
		if err := try(r, proof{signature, path1}); err != nil || s.asked.Load() != 1 || refused.Load() != 50 {
			t.Errorf("asked %d times, %d had to wait, then %v", s.asked.Load(), refused.Load(), err)
		}
	})
}

// TestRingIsBounded: strangers' paths neither begin fetches without end nor push out a
// key.
func TestRingIsBounded(t *testing.T) {
	text, signature := signer(t, 2048)
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{keys: map[string][]byte{path1: text}}
		r := ringOf(s.fetch)
		if err := try(r, proof{signature, path1}); err != nil {
			t.Fatal(err)
		}
		for i := range 2 * mostGone {
			_ = try(r, proof{signature, fmt.Sprintf("/prod/keys/pub-key-%d.pem", i)})
		}
		r.mu.Lock()
		if len(r.gone) > mostGone || len(r.keys) != 1 {
			t.Errorf("%d paths and %d keys are remembered", len(r.gone), len(r.keys))
		}
		r.mu.Unlock()
		before := s.asked.Load()
		s.takes = time.Minute // each fetch hangs until its own end
		for i := range 100 {
			go func() { _ = try(r, proof{signature, fmt.Sprintf("/prod/keys/pub-key-x%d.pem", i)}) }()
		}
		synctest.Wait()
		if n := s.asked.Load() - before; n != fetches {
			t.Errorf("%d fetches at once, want %d", n, fetches)
		}
		if err := try(r, proof{signature, path1}); err != nil {
			t.Errorf("the key is gone: %v", err)
		}
		time.Sleep(time.Minute)
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.under) != 0 {
			t.Errorf("%d fetches never end", len(r.under))
		}
	})
}

// TestRingAsksOneHost: what is fetched, and from whom, is not for a request to say.
func TestRingAsksOneHost(t *testing.T) {
	if host != "https://static.adobeioevents.com" {
		t.Errorf("keys come from %s", host)
	}
	r, err := newRing()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.fetch(ctx, path1); erpbridge.KindOf(err) != erpbridge.Transient || errors.Is(err, absentee) {
		t.Errorf("a fetch without time: %v", err)
	}
}
