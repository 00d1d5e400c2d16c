package filetransfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// An Ack is a file that the partner sent back.
type Ack struct {
	Name     string
	Body     []byte
	Modified time.Time // by the partner's clock
}

// inbox remembers what was seen of acknowledgements: a file is complete when it did not
// change between two looks, and complete ones are read once.
type inbox struct {
	mu   sync.Mutex
	seen map[string]sighting // by name
}

type sighting struct {
	size  int64
	time  time.Time
	since time.Time // when it was first seen like this
	read  bool
	body  []byte
}

// Limits of what is read of acknowledgements: what is beyond waits for what was read to
// be done with. That can take an adapter a quarter of an hour, so there is room for those
// to all orders of a flash sale.
const (
	largestAck  = 16 << 20
	mostAcks    = 64 << 20 // bytes of all of them
	mostOfNames = 20_000
)

// Acks returns the acknowledgements that are complete, the oldest first, until Done is
// told of them. An acknowledgement that is larger than 16 MiB is an error of kind
// Refused: an operator has to look at what it is.
//
// Without a done file a file is complete once two calls, Settle or more apart, found it
// with the same size and time. So the first call after a start returns none.
func (t *Transfer) Acks(ctx context.Context) ([]Ack, error) {
	const op = "filetransfer.Acks"
	if t.conf.Acks.Dir == "" {
		return nil, nil
	}
	s, err := t.open(ctx)
	if err != nil {
		return nil, err
	}
	defer s.release()
	infos, err := s.list(t.conf.Acks.Dir)
	if err != nil {
		return nil, failed(op, fmt.Errorf("looking for acknowledgements: %w", err))
	}
	t.acks.mu.Lock()
	defer t.acks.mu.Unlock()
	var acks []Ack
	var bytes int
	for _, info := range t.acks.complete(t.conf.Acks, infos, t.now()) {
		if len(acks) == mostOfNames || bytes >= mostAcks {
			break
		}
		if err := t.step(ctx, "ack.read", func() error { return t.readAck(s, info) }); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				continue // another daemon was done with it
			}
			return nil, failed(op, fmt.Errorf("reading an acknowledgement: %w", err))
		}
		seen := t.acks.seen[info.Name()]
		if !seen.read {
			continue
		}
		bytes += len(seen.body)
		acks = append(acks, Ack{Name: info.Name(), Body: seen.body, Modified: info.ModTime()})
	}
	return acks, nil
}

// complete notes what is there now and returns what is complete, the oldest first.
func (in *inbox) complete(conf AckConfig, infos []fs.FileInfo, now time.Time) []fs.FileInfo {
	names := make(map[string]bool, len(infos))
	for _, info := range infos {
		names[info.Name()] = true
	}
	for name := range in.seen {
		if !names[name] {
			delete(in.seen, name)
		}
	}
	triggers := make(map[string]bool)
	if conf.Trigger != none {
		for name := range names {
			if made := expand(conf.Trigger, name); made != name && names[made] {
				triggers[made] = true
			}
		}
	}
	var complete []fs.FileInfo
	for _, info := range infos {
		name := info.Name()
		counts, _ := path.Match(conf.Match, name) // the pattern was checked
		if !counts || !info.Mode().IsRegular() || triggers[name] || strings.HasPrefix(name, ".") {
			continue
		}
		seen, ok := in.seen[name]
		if !ok || seen.size != info.Size() || !seen.time.Equal(info.ModTime()) {
			seen = sighting{size: info.Size(), time: info.ModTime(), since: now}
			in.seen[name] = seen
		}
		ready := now.Sub(seen.since) >= conf.Settle
		if conf.Trigger != none {
			ready = names[expand(conf.Trigger, name)]
		}
		if ready && (info.Size() > 0 || conf.Empty) {
			complete = append(complete, info)
		}
	}
	slices.SortFunc(complete, func(a, b fs.FileInfo) int {
		if c := a.ModTime().Compare(b.ModTime()); c != 0 {
			return c
		}
		return strings.Compare(a.Name(), b.Name())
	})
	return complete
}

// readAck reads a complete acknowledgement, unless that was done before. One that has
// another size than it was listed with is not complete after all.
func (t *Transfer) readAck(s session, info fs.FileInfo) error {
	seen := t.acks.seen[info.Name()]
	if seen.read {
		return nil
	}
	if info.Size() > largestAck {
		return refused("filetransfer.Acks", fmt.Errorf("%s has %d bytes", info.Name(), info.Size()))
	}
	body, err := s.read(path.Join(t.conf.Acks.Dir, info.Name()), largestAck)
	if err != nil {
		return err
	}
	if int64(len(body)) != info.Size() {
		delete(t.acks.seen, info.Name())
		return nil
	}
	seen.read, seen.body = true, body
	t.acks.seen[info.Name()] = seen
	return nil
}

// Done puts an acknowledgement away, once what it says is recorded: into the archive, or
// it deletes it. One that is gone already is done.
func (t *Transfer) Done(ctx context.Context, a Ack) error {
	const op = "filetransfer.Done"
	if a.Name == "" || path.Base(a.Name) != a.Name || strings.HasPrefix(a.Name, ".") {
		return invalid(op, fmt.Errorf("%q is not an acknowledgement's name", a.Name))
	}
	s, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer s.release()
	at := path.Join(t.conf.Acks.Dir, a.Name)
	if t.conf.Acks.Trigger != none {
		// First: an acknowledgement without its done file is not read again, and a done
		// file that was left behind would speak for the next one of that name.
		err = t.step(ctx, "ack.trigger", func() error {
			return gone(s.remove(path.Join(t.conf.Acks.Dir, expand(t.conf.Acks.Trigger, a.Name))))
		})
	}
	if err == nil {
		err = t.step(ctx, "ack.done", func() error { return t.putAway(s, at, a) })
	}
	if err != nil {
		return failed(op, fmt.Errorf("putting %s away: %w", a.Name, err))
	}
	t.acks.mu.Lock()
	delete(t.acks.seen, a.Name)
	t.acks.mu.Unlock()
	return nil
}

// putAway moves or deletes an acknowledgement. In the archive one that came twice under
// the same name gets a number.
func (t *Transfer) putAway(s session, at string, a Ack) error {
	if t.conf.Acks.Archive == "" {
		return gone(s.remove(at))
	}
	to := path.Join(t.conf.Acks.Archive, a.Name)
	err := s.rename(at, to)
	for i := 2; errors.Is(err, fs.ErrExist) && i < 1000; i++ {
		if _, err := s.stat(at); err != nil {
			return gone(err)
		}
		err = s.rename(at, fmt.Sprintf("%s.%d", to, i))
	}
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := s.stat(at); err == nil {
			return refused("filetransfer.Done", fmt.Errorf("the archive %s is missing", t.conf.Acks.Archive))
		}
		return nil
	}
	return err
}

// gone takes the news that something is not there for a success.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
