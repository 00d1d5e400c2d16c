package outbox

import (
	"sync"
	"time"
)

// leaps watches at every claim whether Postgres' clock was set forward. Then leases and
// permissions ended early, while their requests are still under way: for as long as these
// may take nobody claims anything. A daemon that has never claimed before cannot tell, so
// it is written down at the target, where all of them see it.
type leaps struct {
	mu   sync.Mutex
	last map[string]look // by target
}

// ahead is by how much Postgres' clock went on more than ours did since the last claim
// for a target, at least.
func (l *leaps) ahead(target string, now look) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, ok := l.last[target]
	if !ok {
		return 0
	}
	return now.theirs.Sub(last.theirs) - now.after.Sub(last.before)
}

// remember is called when what was concluded from a look is safe.
func (l *leaps) remember(target string, now look) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		l.last = map[string]look{}
	}
	l.last[target] = now
}

// restAfterLeap lets the target rest if the clock was set forward, and reports whether it
// was. The target's row is locked.
func (c *claiming) restAfterLeap() (bool, error) {
	if c.store.leaps.ahead(c.Target, c.seen) <= tolerance {
		return false, nil
	}
	_, err := c.tx.Exec(c.ctx, `
		update target set resume_at = greatest(resume_at, clock_timestamp() + $2) where name = $1`, c.Target, max(c.Lease, c.Hold))
	return true, err
}
