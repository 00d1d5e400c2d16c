package ingest

import (
	"context"
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

	mu      sync.Mutex // held while probing: who comes meanwhile gets the same answer
	at      time.Time
	missing []string
}

func (r *readiness) serve(w http.ResponseWriter, req *http.Request) {
	missing := r.check(req.Context())
	status := http.StatusOK
	if len(missing) > 0 {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, struct {
		Ready   bool     `json:"ready"`
		Missing []string `json:"missing"`
	}{len(missing) == 0, missing})
}

// check returns the names of the probes that failed, sorted.
func (r *readiness) check(ctx context.Context) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.at.IsZero() && time.Since(r.at) < fresh {
		return r.missing
	}
	// The answer is for others too: one who hangs up must not spoil it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
	defer cancel()
	r.missing = r.probe(ctx)
	r.at = time.Now()
	return r.missing
}

func (r *readiness) probe(ctx context.Context) []string {
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		missing = []string{} // never nil: JSON readers expect a list
	)
	for name, ask := range r.probes {
		wg.Go(func() {
			err := asked(ctx, ask)
			if err == nil {
				return
			}
			r.log.Warn("not ready", zap.String("probe", name), zap.Error(err))
			mu.Lock()
			defer mu.Unlock()
			missing = append(missing, name)
		})
	}
	wg.Wait()
	slices.Sort(missing)
	return missing
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
