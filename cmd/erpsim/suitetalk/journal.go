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
	Action    Action  `json:"action,omitempty"`
	Repeat    bool    `json:"repeat,omitempty"`    // an update with the content of the write before
	Duplicate bool    `json:"duplicate,omitempty"` // a create, though another record has its externalId
	Late      bool    `json:"late,omitempty"`      // happened after the connection was cut
	Record    *Record `json:"record,omitempty"`

	// Of an answer.
	Status  int    `json:"status,omitempty"`  // HTTP's; 0 if nothing at all was sent
	Dropped bool   `json:"dropped,omitempty"` // cut, or the client had gone already
	Fault   string `json:"fault,omitempty"`   // its code or, without one, its text
	Mode    Kind   `json:"mode,omitempty"`    // the mode that shaped it
}

const journalName = "journal.jsonl"

// A place is where the journal has an entry: the offset and length of its line, or,
// without a file, its index.
type place struct {
	at   int64
	size int32
}

// A journal is append-only. Counts are folded over its entries, so that they
// survive a restart with it. With a file, nothing of the entries stays in memory.
type journal struct {
	dir string
	now func() time.Time

	mu      sync.Mutex
	file    *os.File // nil: entries are kept in memory
	entries []Entry
	size    int64 // of the whole lines in file
	seq     int64
	tally   State

	durable  int64 // the last entry known to be durable
	syncing  bool  // somebody is making entries durable, outside of the lock
	synced   sync.Cond
	unsynced error // why nothing can be known to be durable any more
}

// openJournal opens the journal in dir, or one in memory if dir is empty, and
// hands every entry it has to each.
func openJournal(dir string, now func() time.Time, each func(Entry, place) error) (*journal, error) {
	j := &journal{dir: dir, now: now}
	j.synced.L = &j.mu
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
	whole, err := scan(file, func(e Entry, at place) error {
		j.seq = e.Seq
		j.tally.count(e)
		return each(e, at)
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
func scan(r io.Reader, each func(Entry, place) error) (whole int64, err error) {
	in := bufio.NewReaderSize(r, 64<<10)
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
		if err := each(e, place{whole, int32(len(line))}); err != nil {
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
	_, err := j.write([]Entry{e})
	return e.Request, err
}

// append writes entries, all or none, and returns where they are. It gives them
// their numbers and times.
func (j *journal) append(entries ...Entry) ([]place, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.write(entries)
}

// write appends under the lock. Only whole lines count: of what could not be
// written completely nothing stays.
func (j *journal) write(entries []Entry) ([]place, error) {
	now := j.now()
	places := make([]place, len(entries))
	var lines bytes.Buffer
	for i := range entries {
		e := &entries[i]
		e.Seq, e.Time = j.seq+int64(i)+1, now
		if j.file == nil {
			places[i].at = int64(len(j.entries) + i)
			continue
		}
		before := lines.Len()
		if err := json.NewEncoder(&lines).Encode(e); err != nil {
			return nil, err
		}
		places[i] = place{j.size + int64(before), int32(lines.Len() - before)}
	}
	if j.file == nil {
		j.entries = append(j.entries, entries...)
	} else if err := j.writeLines(lines.Bytes()); err != nil {
		return nil, err
	}
	for _, e := range entries {
		j.seq = e.Seq
		j.tally.count(e)
	}
	return places, nil
}

func (j *journal) writeLines(lines []byte) error {
	if _, err := j.file.Write(lines); err != nil {
		return errors.Join(err, j.file.Truncate(j.size))
	}
	j.size += int64(len(lines))
	return nil
}

// record returns the record of the effect at a place. The journal must not be
// rotated meanwhile.
func (j *journal) record(at place) (*Record, error) {
	j.mu.Lock()
	file := j.file
	if file == nil {
		defer j.mu.Unlock()
		return j.entries[at.at].Record, nil
	}
	j.mu.Unlock()
	line := make([]byte, at.size)
	if _, err := file.ReadAt(line, at.at); err != nil {
		return nil, err
	}
	var e struct{ Record *Record }
	if err := json.Unmarshal(line, &e); err != nil {
		return nil, err
	}
	if e.Record == nil {
		return nil, fmt.Errorf("there is no record at byte %d", at.at)
	}
	return e.Record, nil
}

// sync returns when everything that was written before it was called is durable.
// Those who wait share the effort: what came while one was at it the next does in
// one go.
func (j *journal) sync() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	for last := j.seq; j.durable < last; {
		switch {
		case j.unsynced != nil:
			// The system forgets what it failed to write: a second try would lie.
			return j.unsynced
		case j.syncing:
			j.synced.Wait()
			continue
		}
		j.syncing = true
		file, upTo := j.file, j.seq
		j.mu.Unlock()
		err := file.Sync()
		j.mu.Lock()
		j.syncing = false
		j.synced.Broadcast()
		if err != nil {
			j.unsynced = err
		} else {
			j.durable = upTo
		}
	}
	return nil
}

// each hands over all entries up to now, one by one. Those that are written
// meanwhile are not among them.
func (j *journal) each(fn func(Entry) error) error {
	j.mu.Lock()
	entries, size := j.entries, j.size
	if j.file == nil {
		j.mu.Unlock()
		for _, e := range entries {
			if err := fn(e); err != nil {
				return err
			}
		}
		return nil
	}
	file, err := os.Open(j.file.Name()) // under the lock, lest it be another one already
	j.mu.Unlock()
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = scan(io.LimitReader(file, size), func(e Entry, _ place) error { return fn(e) })
	return err
}

// read returns all entries.
func (j *journal) read() ([]Entry, error) {
	var entries []Entry
	err := j.each(func(e Entry) error {
		entries = append(entries, e)
		return nil
	})
	return entries, err
}

// rotate puts the journal aside and begins an empty one.
func (j *journal) rotate() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.syncing {
		j.synced.Wait()
	}
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
		if err := errors.Join(j.file.Sync(), j.file.Close()); err != nil {
			return errors.Join(err, fresh.Close())
		}
		j.file, j.size, j.durable = fresh, 0, j.seq
	}
	// Numbers go on: a request that is being worked must not be taken for another.
	j.entries, j.tally = nil, State{}
	return nil
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.syncing {
		j.synced.Wait()
	}
	if j.file == nil {
		return nil
	}
	return errors.Join(j.file.Sync(), j.file.Close())
}
