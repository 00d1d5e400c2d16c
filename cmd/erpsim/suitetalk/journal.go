package suitetalk

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// An EntryKind is what an Entry tells of.
type EntryKind string

// The kinds of entry.
const (
	Arrival EntryKind = "arrival" // a request came
	Effect  EntryKind = "effect"  // a record was created or updated
	Answer  EntryKind = "answer"  // a request was answered, or its connection cut
)

// An Action is what an effect did.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
)

// An Arrived is one record of a request, as it came.
type Arrived struct {
	Type       string `json:"type"`
	ExternalID string `json:"externalId,omitempty"`
	InternalID string `json:"internalId,omitempty"`
	Hash       string `json:"hash,omitempty"` // SHA-256 of the record in canonical form
}

// An Entry is one line of the journal.
type Entry struct {
	Seq  int64     `json:"seq"`
	Time time.Time `json:"time"`
	Kind EntryKind `json:"kind"`
	// Request is the Seq of the request's arrival.
	Request int64 `json:"request"`

	// Of an arrival.
	Operation string    `json:"operation,omitempty"` // "" if the request was not understood
	Version   string    `json:"version,omitempty"`
	Bytes     int       `json:"bytes,omitempty"`
	Records   []Arrived `json:"records,omitempty"`

	// Of an effect. Record is the state it led to.
	Action Action  `json:"action,omitempty"`
	Repeat bool    `json:"repeat,omitempty"` // an update with the content of the write before
	Late   bool    `json:"late,omitempty"`   // happened after the connection was cut
	Record *Record `json:"record,omitempty"`

	// Of an answer.
	Status  int    `json:"status,omitempty"`  // HTTP's; 0 if nothing at all was sent
	Dropped bool   `json:"dropped,omitempty"` // cut, or the client had gone already
	Fault   string `json:"fault,omitempty"`   // its code or, without one, its text
	Mode    Kind   `json:"mode,omitempty"`    // the mode that shaped it
}

const journalName = "journal.jsonl"

// A journal is append-only. Counts are folded over its entries, so that they
// survive a restart with it.
type journal struct {
	dir string
	now func() time.Time

	mu      sync.Mutex
	file    *os.File // nil: entries are kept in memory
	entries []Entry
	size    int64 // of the whole lines in file
	seq     int64
	tally   State
}

// openJournal opens the journal in dir, or one in memory if dir is empty, and
// hands every entry it has to each.
func openJournal(dir string, now func() time.Time, each func(Entry) error) (*journal, error) {
	j := &journal{dir: dir, now: now}
	if dir == "" {
		return j, nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, journalName), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o640)
	if err != nil {
		return nil, err
	}
	whole, err := scan(file, func(e Entry) error {
		j.seq = e.Seq
		j.tally.count(e)
		return each(e)
	})
	if err == nil {
		err = file.Truncate(whole)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	j.file, j.size = file, whole
	return j, nil
}

// scan reads entries line by line and returns the length of the whole lines. A
// last line without its end was torn by a crash and does not count.
func scan(r io.Reader, each func(Entry) error) (whole int64, err error) {
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return whole, err
		}
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return whole, fmt.Errorf("line at byte %d: %w", whole, err)
		}
		if err := each(e); err != nil {
			return whole, err
		}
		whole += int64(len(line))
	}
}

// arrive writes an arrival and returns its number, which names the request in
// all later entries.
func (j *journal) arrive(e Entry) (int64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.Kind, e.Request = Arrival, j.seq+1
	return e.Request, j.write(e)
}

// append writes an entry, whose number and time it gives.
func (j *journal) append(e Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.write(e)
}

// write appends under the lock. Only a whole line counts: of one that could not
// be written completely nothing stays.
func (j *journal) write(e Entry) error {
	e.Seq, e.Time = j.seq+1, j.now()
	if j.file == nil {
		j.entries = append(j.entries, e)
	} else {
		var line bytes.Buffer
		if err := json.NewEncoder(&line).Encode(e); err != nil {
			return err
		}
		if err := j.writeLine(line.Bytes()); err != nil {
			return err
		}
	}
	j.seq = e.Seq
	j.tally.count(e)
	return nil
}

func (j *journal) writeLine(line []byte) error {
	if _, err := j.file.Write(line); err != nil {
		return errors.Join(err, j.file.Truncate(j.size))
	}
	j.size += int64(len(line))
	return nil
}

// sync makes what was written so far durable.
func (j *journal) sync() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	return j.file.Sync()
}

// read returns all entries.
func (j *journal) read() ([]Entry, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return append([]Entry(nil), j.entries...), nil
	}
	file, err := os.Open(j.file.Name())
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var entries []Entry
	_, err = scan(file, func(e Entry) error {
		entries = append(entries, e)
		return nil
	})
	return entries, err
}

// rotate puts the journal aside and begins an empty one.
func (j *journal) rotate() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file != nil {
		current := filepath.Join(j.dir, journalName)
		aside := filepath.Join(j.dir, fmt.Sprintf("journal-%s.jsonl", j.now().UTC().Format("20060102T150405.000000000")))
		if err := os.Rename(current, aside); err != nil {
			return err
		}
		fresh, err := os.OpenFile(current, os.O_CREATE|os.O_EXCL|os.O_RDWR|os.O_APPEND, 0o640)
		if err != nil {
			return errors.Join(err, os.Rename(aside, current))
		}
		if err := j.file.Close(); err != nil {
			return errors.Join(err, fresh.Close())
		}
		j.file, j.size = fresh, 0
	}
	// Numbers go on: a request that is being worked must not be taken for another.
	j.entries, j.tally = nil, State{}
	return nil
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	return errors.Join(j.file.Sync(), j.file.Close())
}
