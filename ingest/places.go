package ingest

// places bounds what is under way at once. Nobody waits for a place: a queue in
// front of a full house only makes late answers of early ones.
type places chan struct{}

func (p places) take() bool {
	select {
	case p <- struct{}{}:
		return true
	default:
		return false
	}
}

func (p places) free() { <-p }

// closeAll waits until nothing is under way, and keeps it so.
func (p places) closeAll() {
	for range cap(p) {
		p <- struct{}{}
	}
}
