package filetransfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"time"
)

// An entry is what the journal knows of a file. It is written before anything of the
// file is visible and never changed.
type entry struct {
	Name    string            `json:"name"`
	Bytes   int               `json:"bytes"`
	SHA256  string            `json:"sha256"`
	Source  string            `json:"source_sha256,omitempty"` // of what was encrypted
	Count   int               `json:"count"`
	Totals  map[string]string `json:"totals,omitempty"`
	Keys    []string          `json:"keys"`
	Written time.Time         `json:"written,omitzero"`
	// Steps are the renames that make it visible, in their order.
	Steps []rename `json:"steps,omitempty"`
}

// A rename makes something visible.
type rename struct {
	What   string `json:"what"`
	From   string `json:"from"` // "": it stood there before
	To     string `json:"to"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// What becomes visible, in the order in which it does.
const (
	data     = "data"
	manifest = "manifest"
	trigger  = "trigger"
)

// stands reports whether e is of exactly this file.
func (e *entry) stands(f File) bool {
	return e.source() == sum(f.Body) && slices.Equal(slices.Sorted(slices.Values(e.Keys)), slices.Sorted(slices.Values(f.Keys)))
}

func (e *entry) source() string {
	if e.Source != "" {
		return e.Source
	}
	return e.SHA256
}

// largestEntry is the most that is read of an entry.
const largestEntry = 64 << 20

// parts is how many folders the journal has: so many files are in none of them that
// listing it takes long.
const parts = 256

func partName(i int) string { return fmt.Sprintf("%02x", i) }

func (t *Transfer) journal() string { return t.in(t.conf.Journal) }

// entryPath is where the entry of a file is.
func (t *Transfer) entryPath(name string) string {
	return path.Join(t.journal(), sum([]byte(name))[:2], name+".json")
}

// claimPath is where a key's claim is, of one generation.
func (t *Transfer) claimPath(key string, generation int) string {
	hash := sum([]byte(key))[:40]
	return path.Join(t.journal(), hash[:2], hash+"."+strconv.Itoa(generation))
}

// entryOf returns the entry of a file, nil where it has none.
func (t *Transfer) entryOf(s session, name string) (*entry, error) {
	var e entry
	found, err := t.recall(s, t.entryPath(name), &e)
	if err != nil || !found {
		return nil, err
	}
	if e.Name != name || len(e.Keys) == 0 {
		return nil, damaged(t.entryPath(name), errors.New("it is of another file"))
	}
	return &e, nil
}

// A claim says which file a key goes into.
type claim struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

// claimOf returns the last claim of a key and its generation; of a key that was never
// claimed, no name and -1.
func (t *Transfer) claimOf(s session, key string) (name string, generation int, err error) {
	for generation = -1; ; generation++ {
		var c claim
		at := t.claimPath(key, generation+1)
		found, err := t.recall(s, at, &c)
		if err != nil || !found {
			return name, generation, err
		}
		if c.Key != key || c.Name == "" {
			return "", 0, damaged(at, errors.New("it is of another key"))
		}
		name = c.Name
	}
}

// recall reads a file of the journal and reports whether it is there.
func (t *Transfer) recall(s session, at string, into any) (bool, error) {
	body, err := s.read(at, largestEntry)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the journal: %w", err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return false, damaged(at, err)
	}
	return true, nil
}

// damaged is an error about a file of the journal: it was synced before it got its name,
// so that it is the disk, or somebody.
func damaged(at string, err error) error {
	return refused("filetransfer.journal", fmt.Errorf("%s is damaged: %w", at, err))
}

// note writes a file of the journal, for good. Where there is one it is fs.ErrExist.
func (t *Transfer) note(ctx context.Context, s session, step, at string, what any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	temp := at + "." + t.unique() + ".part"
	err = t.write(ctx, s, step, temp, body)
	if errors.Is(err, fs.ErrNotExist) {
		if err = t.makeJournal(ctx, s, path.Dir(at)); err != nil {
			return err
		}
		err = t.write(ctx, s, step, temp, body)
	}
	if err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	return t.step(ctx, step+".claim", func() error { return s.claim(temp, at) })
}

// makeJournal makes the journal's folder, or one of its parts. A journal that was there
// and is not any more is a share that was unmounted: what goes into the folder below it
// nobody would ever see.
func (t *Transfer) makeJournal(ctx context.Context, s session, part string) error {
	t.mu.Lock()
	known := t.known // before looking: another call may be making it
	t.mu.Unlock()
	_, err := s.stat(t.journal())
	switch {
	case err == nil:
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case known:
		return refused("filetransfer.journal", fmt.Errorf("the journal %s has gone: is the share still mounted?", t.journal()))
	default:
		if err := t.step(ctx, "journal.make", func() error { return s.makeDir(t.journal()) }); err != nil {
			return fmt.Errorf("making the journal: %w", err)
		}
	}
	t.mu.Lock()
	t.known = true
	t.mu.Unlock()
	if part == "" {
		return nil
	}
	return t.step(ctx, "journal.make", func() error { return s.makeDir(part) })
}

// syncJournal makes the names of a file's entry and claims durable, and those of the
// folders they are in.
func (t *Transfer) syncJournal(ctx context.Context, s session, e *entry) error {
	dirs := []string{path.Dir(t.entryPath(e.Name))}
	for _, key := range e.Keys {
		dirs = append(dirs, path.Dir(t.claimPath(key, 0)))
	}
	slices.Sort(dirs)
	for _, dir := range append(slices.Compact(dirs), t.journal(), path.Dir(t.journal())) {
		if err := t.syncDir(ctx, s, "journal.sync", dir); err != nil {
			return err
		}
	}
	return nil
}
