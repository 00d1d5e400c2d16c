package shopapi

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

func TestResetHeader(t *testing.T) {
	for _, tt := range []struct {
		reads, reset, retry string
		want                time.Duration
	}{
		{"X-Reset-Ms", "1500", "", 1500 * time.Millisecond},
		{"X-Reset-Ms", "1500", "3", 3 * time.Second},
		{"X-Reset-Ms", "999999999999999", "", longWait},
		{"X-Reset-Ms", "-1", "", 0},
		{"X-Reset-Ms", "soon", "", 0},
		{"", "1500", "", 0},
	} {
		c := client(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Reset-Ms", tt.reset)
			if tt.retry != "" {
				w.Header().Set("Retry-After", tt.retry)
			}
			w.WriteHeader(http.StatusTooManyRequests)
		})
		if tt.reads != "" {
			c.ResetHeader(tt.reads)
		}
		_, err := c.Do(t.Context(), Request{Path: "/orders"})
		var e *erpbridge.Error
		if !errors.As(err, &e) || e.Kind != erpbridge.Throttled || e.After != tt.want {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}
