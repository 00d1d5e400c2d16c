package filetransfer

import "time"

// A Watch counts the time in which acknowledgements are looked for. An acknowledgement
// nobody asked for in a time in which nobody could ask, because the daemon was away, its
// database, or the target was paused, is one that somebody will ask for. The zero Watch
// stands at nought.
type Watch struct {
	last    time.Time
	elapsed time.Duration
}

// LongestLook is what is counted at most of the time between two looks.
const LongestLook = 10 * time.Minute

// Look is called with every look, and returns the time that was counted so far.
func (w *Watch) Look(now time.Time) time.Duration {
	if !w.last.IsZero() {
		w.elapsed += min(max(now.Sub(w.last), 0), LongestLook)
	}
	w.last = now
	return w.elapsed
}
