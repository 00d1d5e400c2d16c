package outbox

import "sync/atomic"

// cursor is what the planted bug "cursor-poller" reads the outbox by: the highest
// id seen. What commits late under a lower id is never read, and neither is what has
// to be tried again. The outbox itself is read by state.
type cursor struct{ highest atomic.Int64 }

func (s *Store) beyond(id int64) bool {
	if id <= s.cursor.highest.Load() {
		return false
	}
	s.cursor.highest.Store(id)
	return true
}
