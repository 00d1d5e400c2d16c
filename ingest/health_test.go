package ingest

import (
	"context"
	"errors"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
)

type probes = map[string]func(context.Context) error

func fine(context.Context) error { return nil }

func TestHealthz(t *testing.T) {
	h := open(t, func(c *Config) { c.Probes = probes{"broker": down} })
	if w := h.do(httptest.NewRequest("GET", "/healthz", nil)); w.Code != 200 || w.Body.String() != "{\"status\":\"ok\"}\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestReadyz(t *testing.T) {
	for _, tt := range []struct {
		name   string
		probes probes
		code   int
		body   string
		lines  int
	}{
		{"no probes", nil, 200, `{"ready":true,"missing":[]}`, 0},
		{"all there", probes{"broker": fine, "database": fine}, 200, `{"ready":true,"missing":[]}`, 0},
		{"one down", probes{"broker": down, "database": fine}, 503, `{"ready":false,"missing":["broker"]}`, 1},
		{"down, hanging, panicking", probes{"c": down, "b": hang, "a": func(context.Context) error { panic("x") }, "d": fine}, 503, `{"ready":false,"missing":["a","b","c"]}`, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := open(t, func(c *Config) { c.Probes = tt.probes })
				start := time.Now()
				w := h.do(httptest.NewRequest("GET", "/readyz", nil))
				if w.Code != tt.code || w.Body.String() != tt.body+"\n" {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				if took := time.Since(start); took > probeTimeout {
					t.Errorf("answered after %s of the bubble's time", took)
				}
				if got := h.log.FilterLevelExact(zap.WarnLevel).Len(); got != tt.lines {
					t.Errorf("%d warnings, want %d", got, tt.lines)
				}
			})
		})
	}
}

func TestReadyzAsksOnceForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		h := open(t, func(c *Config) {
			c.Probes = probes{"broker": func(context.Context) error {
				if asked.Add(1) > 1 {
					return errors.New("gone")
				}
				return nil
			}}
		})
		ask := func() int { return h.do(httptest.NewRequest("GET", "/readyz", nil)).Code }
		if a, b := ask(), ask(); a != 200 || b != 200 || asked.Load() != 1 {
			t.Errorf("%d, %d, asked %d times", a, b, asked.Load())
		}
		time.Sleep(fresh) // the bubble's clock
		if code := ask(); code != 503 {
			t.Errorf("an old answer is given: %d", code)
		}
	})
}
