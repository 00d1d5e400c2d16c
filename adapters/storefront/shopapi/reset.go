package shopapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ResetHeader has c read from a header of the platform's own, in milliseconds, how long
// to wait after a 429 that has no Retry-After. It is called before the first request.
func (c *Client) ResetHeader(name string) { c.reset = name }

// throttle returns how long to wait after a 429; 0 where the shop does not say.
func (c *Client) throttle(h http.Header, now time.Time) time.Duration {
	if wait := retryAfter(h, now); wait > 0 || c.reset == "" {
		return wait
	}
	ms, err := strconv.ParseInt(strings.TrimSpace(h.Get(c.reset)), 10, 64)
	if err != nil || ms <= 0 {
		return 0
	}
	return time.Duration(min(ms, longWait.Milliseconds())) * time.Millisecond
}
