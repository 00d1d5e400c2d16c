package outbox

import "sync"

// hands are the requests that one dispatcher may have under way at once.
type hands struct {
	busy  chan struct{}
	freed chan struct{} // hints that one became free
	all   sync.WaitGroup
}

func newHands(n int) *hands {
	return &hands{busy: make(chan struct{}, n), freed: make(chan struct{}, 1)}
}

// free is how many are left. Only the goroutine that calls do may rely on it.
func (h *hands) free() int { return cap(h.busy) - len(h.busy) }

// do runs work on a free hand.
func (h *hands) do(work func()) {
	h.busy <- struct{}{}
	h.all.Go(func() {
		defer func() {
			<-h.busy
			select {
			case h.freed <- struct{}{}:
			default:
			}
		}()
		work()
	})
}

func (h *hands) wait() { h.all.Wait() }
