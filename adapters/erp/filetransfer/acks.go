package filetransfer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
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
	// Reading tells apart what was read under a name at different times. It is never 0.
	Reading int
}

// inbox remembers what was seen of acknowledgements, so that each is read once, and a look
// at a folder where nothing is new costs no more than to list it.
//
//	unknown ──▶ seen ──the same for Settle──▶ settled ──▶ read ──▶ done
//	              └──────────whole by its content──────────┘
type inbox struct {
	mu       sync.Mutex
	whole    func(body []byte) bool // nil: content tells nothing
	seen     map[string]*sighting   // by name
	looks    int
	readings int
	acks     []Ack // as they were returned last
	unread   int   // how many there were besides
	stale    bool  // acks has to be made anew
}

type sighting struct {
	size  int64
	time  time.Time
	since time.Time // when it was first seen like this
	look  int       // in which it was seen last
	tried bool      // it was not whole yet
	ack   *Ack      // nil: it was not read
}

// Limits of what is read of acknowledgements: what is beyond waits for what was read to
// be done with. That can take an adapter hours, so there is room for those to all orders of
// a flash sale.
const (
	largestAck  = 16 << 20
	mostAcks    = 64 << 20 // bytes of all of them
	mostOfNames = 20_000
)

// Recognise makes an acknowledgement count as complete at once if whole says so of what it
// holds, as the last tag of an XML document does. Where a done file says that they are
// complete nothing else does. It is called before the first Acks.
func (t *Transfer) Recognise(whole func(body []byte) bool) { t.acks.whole = whole }

// Acks returns the acknowledgements that are complete, the oldest first, until Done is
// told of them. An acknowledgement that is larger than 16 MiB is an error of kind
// Refused: an operator has to look at what it is.
//
// Without a done file a file is complete once two calls, Settle or more apart, found it
// with the same size and time. So of what cannot be recognised the first call after a
// start returns none. What cannot be read in half the time that there is comes with the
// next calls; see Unread.
func (t *Transfer) Acks(ctx context.Context) ([]Ack, error) {
	const op = "filetransfer.Acks"
	if t.conf.Acks.Dir == "" {
		return nil, nil
	}
	began := t.now()
	s, err := t.open(ctx)
	if err != nil {
		return nil, err
	}
	defer s.release()
	infos, err := s.list(t.conf.Acks.Dir)
	if err != nil {
		return nil, failed(op, fmt.Errorf("looking for acknowledgements: %w", err))
	}
	in := t.acks
	in.mu.Lock()
	defer in.mu.Unlock()
	files, changed := in.look(t.conf.Acks, infos, t.now())
	if !changed && !in.stale {
		return slices.Clone(in.acks), nil
	}
	in.stale = true
	slices.SortFunc(files, older)
	bytes, read := 0, 0
	for _, f := range files {
		if f.seen.ack != nil {
			bytes, read = bytes+len(f.seen.ack.Body), read+1
		}
	}
	acks, unread, enough := make([]Ack, 0, len(files)), 0, t.halfTime(ctx, began)
	for _, f := range files {
		if f.seen.ack == nil && read < mostOfNames && bytes < mostAcks && t.now().Before(enough) {
			if err := t.step(ctx, "ack.read", func() error { return t.readAck(s, f) }); err != nil {
				if errors.Is(err, fs.ErrNotExist) {
					continue // another daemon was done with it
				}
				return nil, failed(op, fmt.Errorf("reading an acknowledgement: %w", err))
			}
			if f.seen.ack != nil {
				bytes, read = bytes+len(f.seen.ack.Body), read+1
			}
		}
		if f.seen.ack == nil {
			unread++
			continue
		}
		acks = append(acks, *f.seen.ack)
	}
	in.acks, in.unread, in.stale = acks, unread, unread > 0
	return slices.Clone(acks), nil
}

// halfTime is when half the time is over that a call has: what was read by then is worth
// more than nothing, which is what there is when time is up.
func (t *Transfer) halfTime(ctx context.Context, began time.Time) time.Time {
	enough := began.Add(time.Hour)
	if t.conf.SFTP.Host != "" {
		enough = began.Add(t.conf.SFTP.Timeout / 2)
	}
	if deadline, ok := ctx.Deadline(); ok && began.Add(deadline.Sub(began)/2).Before(enough) {
		enough = began.Add(deadline.Sub(began) / 2)
	}
	return enough
}

// Unread is how many acknowledgements the last Acks found and did not return: it takes
// them for incomplete, or there were too many. What one of them says is not known.
func (t *Transfer) Unread() int {
	t.acks.mu.Lock()
	defer t.acks.mu.Unlock()
	return t.acks.unread
}

// A found file is one that counts as an acknowledgement, if it is complete.
type found struct {
	name    string
	seen    *sighting
	settled bool
}

func older(a, b found) int {
	return cmp.Or(a.seen.time.Compare(b.seen.time), strings.Compare(a.name, b.name))
}

// look notes what is there now and returns what counts, and whether that differs from what
// it was at the last look.
func (in *inbox) look(conf AckConfig, infos []fs.FileInfo, now time.Time) (files []found, changed bool) {
	in.looks++
	names, triggers := triggersOf(conf, infos)
	files = make([]found, 0, len(infos))
	for _, info := range infos {
		name := info.Name()
		seen := in.seen[name]
		if seen == nil {
			counts, _ := path.Match(conf.Match, name) // the pattern was checked
			if !counts || strings.HasPrefix(name, ".") {
				continue
			}
		}
		if !info.Mode().IsRegular() || triggers[name] || info.Size() == 0 && !conf.Empty {
			continue
		}
		if seen == nil || seen.size != info.Size() || !seen.time.Equal(info.ModTime()) {
			seen = &sighting{size: info.Size(), time: info.ModTime(), since: now}
			in.seen[name] = seen
			changed = true
		}
		seen.look = in.looks
		settled := now.Sub(seen.since) >= conf.Settle
		if conf.Trigger != none {
			settled = names[expand(conf.Trigger, name)]
			if !settled {
				continue // nothing says that it ever will be complete
			}
		}
		files = append(files, found{name, seen, settled})
	}
	if len(in.seen) > len(files) {
		maps.DeleteFunc(in.seen, func(_ string, seen *sighting) bool { return seen.look != in.looks })
	}
	return files, changed || len(files) != len(in.acks)
}

// triggersOf returns the names that are there, and which of them are done files; nothing
// where there are no done files.
func triggersOf(conf AckConfig, infos []fs.FileInfo) (names, triggers map[string]bool) {
	if conf.Trigger == none {
		return nil, nil
	}
	names, triggers = make(map[string]bool, len(infos)), map[string]bool{}
	for _, info := range infos {
		names[info.Name()] = true
	}
	for name := range names {
		if made := expand(conf.Trigger, name); made != name && names[made] {
			triggers[made] = true
		}
	}
	return names, triggers
}

// readAck reads an acknowledgement that is settled, or that may be whole. One that has
// another size than it was listed with is not complete after all.
func (t *Transfer) readAck(s session, f found) error {
	in := t.acks
	early := !f.settled
	if early && (in.whole == nil || f.seen.tried) {
		return nil
	}
	if f.seen.size > largestAck {
		return refused("filetransfer.Acks", fmt.Errorf("%s has %d bytes", f.name, f.seen.size))
	}
	body, err := s.read(path.Join(t.conf.Acks.Dir, f.name), largestAck)
	switch {
	case err != nil && early && !errors.Is(err, fs.ErrNotExist):
		return nil // whoever writes it may have locked it
	case err != nil:
		return err
	case int64(len(body)) != f.seen.size:
		f.seen.since = t.now()
		return nil
	case early && !in.whole(body):
		f.seen.tried = true
		return nil
	}
	in.readings++
	f.seen.ack = &Ack{Name: f.name, Body: body, Modified: f.seen.time, Reading: in.readings}
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
	t.acks.stale = true
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
