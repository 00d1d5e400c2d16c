package adobecommerce

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/shopapi"
)

// host serves Adobe's public keys. It is the same for all, and nothing that a request
// says can make it another.
const host = "https://static.adobeioevents.com"

const (
	fresh    = 12 * time.Hour     // a key is not asked for again before
	stale    = 7 * 24 * time.Hour // it serves this long while the host cannot be reached
	absent   = 5 * time.Minute    // a path without a key is not asked for again before
	pause    = time.Minute        // between tries to fetch a held key again
	slowest  = 5 * time.Second    // an answer is not waited for any longer
	fetches  = 4                  // under way at once
	rate     = 2                  // begun in a second
	mostHeld = 16                 // keys held; Adobe uses two
	mostGone = 256                // paths remembered to have none
)

// A ring holds the keys that Adobe serves, by their path.
//
//	unknown ──fetching──▶ held ──fresh over──▶ held, fetching again ──▶ held | gone (404)
//	             └─▶ gone (404, no key) ──absent over──▶ unknown
//	             └─▶ unknown (no answer): asked for again when it is needed again
//
// A fetch goes on when the request that began it has no more time: otherwise a slow host
// would never give a key to anybody. It ends by itself. What strangers can make the ring
// remember is bounded, and does not push out a key.
type ring struct {
	fetch func(ctx context.Context, path string) ([]byte, error)
	now   func() time.Time

	mu    sync.Mutex
	keys  map[string]*held
	gone  map[string]time.Time // until when
	under map[string]chan struct{}
}

// held is a key, and when it was fetched.
type held struct {
	key   *rsa.PublicKey
	at    time.Time
	again time.Time // when to ask for it again
}

func newRing() (*ring, error) {
	client, err := shopapi.New("adobecommerce", shopapi.Config{URL: host, Timeout: slowest}, rate, func(*http.Request) {})
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return ringOf(func(ctx context.Context, path string) ([]byte, error) {
		answer, err := client.Do(ctx, shopapi.Request{Path: path})
		if err != nil {
			return nil, err
		}
		return answer.Body, nil
	}), nil
}

// ringOf returns a ring that gets the text of a key from fetch, whose error is Transient
// or Throttled if another try could end otherwise.
func ringOf(fetch func(context.Context, string) ([]byte, error)) *ring {
	return &ring{
		fetch: fetch, now: time.Now,
		keys: map[string]*held{}, gone: map[string]time.Time{}, under: map[string]chan struct{}{},
	}
}

// verify tries the keys that are at hand before it asks for one.
func (r *ring) verify(ctx context.Context, body []byte, proofs []proof) error {
	sum := sha256.Sum256(body)
	var unknown []proof
	for _, p := range proofs {
		switch key, ok := r.at(p.path); {
		case !ok:
			unknown = append(unknown, p)
		case key != nil && good(key, sum[:], p.signature):
			return nil
		}
	}
	var away error
	for _, p := range unknown {
		key, err := r.get(ctx, p.path)
		switch {
		case err != nil:
			away = err
		case key != nil && good(key, sum[:], p.signature):
			return nil
		}
	}
	if away != nil {
		return away
	}
	return errNotGood
}

// at returns the key of a path, or nil if there is none, and whether that is known
// without asking. A key that is no longer fresh is asked for beside that.
func (r *ring) at(path string) (*rsa.PublicKey, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if h := r.keys[path]; h != nil && now.Before(h.at.Add(stale)) {
		if now.After(h.again) {
			r.begin(path)
		}
		return h.key, true
	}
	return nil, now.Before(r.gone[path])
}

// get asks for the key of a path and waits for it, but no longer than ctx. It is nil if
// there is none.
func (r *ring) get(ctx context.Context, path string) (*rsa.PublicKey, error) {
	r.mu.Lock()
	done := r.begin(path)
	r.mu.Unlock()
	if done == nil {
		return nil, later("too many keys are being fetched")
	}
	select {
	case <-ctx.Done():
		return nil, later("the key did not come in time")
	case <-done:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.keys[path]; h != nil {
		return h.key, nil
	}
	if r.now().Before(r.gone[path]) {
		return nil, nil
	}
	return nil, later("the key could not be fetched")
}

func later(why string) error {
	return &erpbridge.Error{
		Op: "adobecommerce.Verify", Kind: erpbridge.Transient,
		Err: fmt.Errorf("%s from %s: check that the bridge may reach it, or set keys", why, host),
	}
}

// begin starts to fetch a key unless somebody did. The channel is closed when it is
// done; it is nil if too many are under way. r.mu is held.
func (r *ring) begin(path string) <-chan struct{} {
	if done, ok := r.under[path]; ok {
		return done
	}
	if len(r.under) >= fetches {
		return nil
	}
	done := make(chan struct{})
	r.under[path] = done
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), slowest)
		defer cancel()
		text, err := r.fetch(ctx, path)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.keep(path, text, err)
		delete(r.under, path)
		close(done)
	}()
	return done
}

// keep remembers what came of a fetch. r.mu is held.
func (r *ring) keep(path string, text []byte, err error) {
	now := r.now()
	for p, h := range r.keys {
		if now.After(h.at.Add(stale)) {
			delete(r.keys, p)
		}
	}
	for p, until := range r.gone {
		if now.After(until) {
			delete(r.gone, p)
		}
	}
	var key *rsa.PublicKey
	if err == nil {
		key, err = readKey(text)
	}
	switch kind := erpbridge.KindOf(err); {
	case kind == erpbridge.Transient || kind == erpbridge.Throttled || errors.Is(err, context.DeadlineExceeded):
		if h := r.keys[path]; h != nil {
			h.again = now.Add(pause)
		}
	case err != nil && r.keys[path] != nil && kind != erpbridge.Missing:
		// A proxy's page or a redirect. A key is taken back only where the host says so.
		r.keys[path].again = now.Add(pause)
	case err != nil:
		delete(r.keys, path)
		if len(r.gone) < mostGone {
			r.gone[path] = now.Add(absent)
		}
	case len(r.keys) < mostHeld || r.keys[path] != nil:
		r.keys[path] = &held{key: key, at: now, again: now.Add(fresh)}
	}
}
