package ingest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	probeTimeout = 2 * time.Second
	// fresh is how long one round of probes answers for. Anybody may ask, and
	// asking must not become load on the database.
	fresh = 500 * time.Millisecond
)

func healthz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, struct {
		Status string `json:"status"`
	}{"ok"})
}

// readiness tells whether all that the gateway needs is there.
type readiness struct {
	probes map[string]func(context.Context) error
	log    *zap.Logger

	mu   sync.Mutex // held while probing: who comes meanwhile gets the same answer
	at   time.Time
	last lack
}

// A lack is what is missing, by the names of probes, and what strangers may be told
// about it.
type lack struct {
	names  []string
	detail map[string]string
}

// Shown is a probe's error whose text /readyz shows to anybody who asks. Of other
// errors it shows the probe's name alone.
type Shown string

func (s Shown) Error() string { return string(s) }

func (r *readiness) serve(w http.ResponseWriter, req *http.Request) {
	l := r.check(req.Context())
	status := http.StatusOK
	if len(l.names) > 0 {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, struct {
		Ready   bool              `json:"ready"`
		Missing []string          `json:"missing"`
		Detail  map[string]string `json:"detail,omitempty"`
	}{len(l.names) == 0, l.names, l.detail})
}

// check returns what is missing. What begins to be missing, and what is there again,
// is logged once.
func (r *readiness) check(ctx context.Context) lack {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.at.IsZero() && time.Since(r.at) < fresh {
		return r.last
	}
	// The answer is for others too: one who hangs up must not spoil it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
	defer cancel()
	before := r.last.names
	r.last = r.probe(ctx, before)
	r.at = time.Now()
	for _, name := range before {
		if !slices.Contains(r.last.names, name) {
			r.log.Info("ready again", zap.String("probe", name))
		}
	}
	return r.last
}

func (r *readiness) probe(ctx context.Context, before []string) lack {
	var (
		wg sync.WaitGroup
		mu sync.Mutex
		l  = lack{names: []string{}, detail: map[string]string{}} // names is never nil: JSON readers expect a list
	)
	for name, ask := range r.probes {
		wg.Go(func() {
			err := asked(ctx, ask)
			if err == nil {
				return
			}
			if !slices.Contains(before, name) {
				r.log.Warn("not ready", zap.String("probe", name), zap.Error(err))
			}
			mu.Lock()
			defer mu.Unlock()
			l.names = append(l.names, name)
			var told Shown
			if errors.As(err, &told) {
				l.detail[name] = string(told)
			}
		})
	}
	wg.Wait()
	slices.Sort(l.names)
	return l
}

// asked runs one probe. In a goroutine of its own a panic would end the process.
func asked(ctx context.Context, ask func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the probe panicked: %s", cause(p))
		}
	}()
	return ask(ctx)
}
