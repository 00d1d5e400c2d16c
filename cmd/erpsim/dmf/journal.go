package dmf

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// An EntryKind is what an Entry tells of.
type EntryKind string

// The kinds of entry.
const (
	Arrival EntryKind = "arrival" // a call came
	Effect  EntryKind = "effect"  // a record was made or changed
	Answer  EntryKind = "answer"  // a call was answered, or its connection cut
	State   EntryKind = "state"   // an import went on
)

// An Entry is one line of the journal.
type Entry struct {
	Seq  int64     `json:"seq"`
	Time time.Time `json:"time"`
	Kind EntryKind `json:"kind"`
	Call string    `json:"call,omitempty"` // of arrivals and answers
	// Key is the idempotency key of what arrived, or took effect: the executionId, or
	// the external identifier of a message.
	Key    string `json:"key,omitempty"`
	Order  string `json:"order,omitempty"`  // of effects
	Record string `json:"record,omitempty"` // header, or the line's lot id
	Action string `json:"action,omitempty"` // create, update, or repeat: an update that changed nothing
	Status int    `json:"status,omitempty"` // HTTP's
	State  string `json:"state,omitempty"`  // of an import
	Cut    bool   `json:"cut,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // of a package
}

type journal struct {
	mu      sync.Mutex
	now     func() time.Time
	out     io.Writer
	entries []Entry
	seq     int64
}

func (j *journal) add(e Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seq++
	e.Seq, e.Time = j.seq, j.now()
	j.entries = append(j.entries, e)
	if j.out != nil {
		_ = json.NewEncoder(j.out).Encode(e) // the journal in memory counts
	}
}

func (j *journal) read() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Entry(nil), j.entries...)
}

func (j *journal) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = nil
}
