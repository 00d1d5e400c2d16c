package filetransfer

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"time"
)

const (
	cleanEvery = time.Minute    // a part of the journal at a time
	staleAfter = 24 * time.Hour // temporary files that no entry names
)

// clean forgets what is older than the journal is to be kept, one part of it a minute,
// so that no delivery waits long for it. The delivery it follows, of the file with this
// entry, is done, so that what goes wrong here is nothing to report: the next round meets
// it again.
func (t *Transfer) clean(s session, delivered *entry) {
	now := t.now()
	t.mu.Lock()
	due := now.Sub(t.cleaned) >= cleanEvery
	if due {
		t.cleaned = now
	}
	t.mu.Unlock()
	if !due {
		return
	}
	written, err := t.today(s, delivered, now)
	if err != nil {
		return
	}
	part := int(now.Unix()/60) % parts
	if err := t.cleanPart(s, part, written); err != nil {
		return
	}
	if part == 0 {
		_ = t.sweep(s, written)
	}
}

// today is what time it is by the times of files, which are the partner's: that of the
// entry that was written last, or ours, if that is earlier. A server whose clock is years
// behind, or that gives files no time at all, would have everything look old: what was
// delivered would be forgotten, and what is being written would be taken for left over.
func (t *Transfer) today(s session, delivered *entry, now time.Time) (time.Time, error) {
	info, err := s.stat(t.entryPath(delivered.Name))
	if err != nil {
		return now, err
	}
	if info.ModTime().Before(now) {
		return info.ModTime(), nil
	}
	return now, nil
}

// cleanPart forgets what is old in one part of the journal. An entry whose file never
// became wholly visible stays, for an operator to see. So does what was delivered lately by
// our own clock, however old it looks: the partner's may have been set right since.
func (t *Transfer) cleanPart(s session, part int, now time.Time) error {
	dir := path.Join(t.journal(), partName(part))
	infos, err := s.list(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	newest := make(map[string]time.Time) // of a key's claims
	for _, info := range infos {
		key, _, _ := strings.Cut(info.Name(), ".")
		if info.ModTime().After(newest[key]) {
			newest[key] = info.ModTime()
		}
	}
	for _, info := range infos {
		name, keep := info.Name(), t.conf.Keep
		age := now.Sub(info.ModTime())
		entry, isEntry := strings.CutSuffix(name, ".json")
		switch {
		case strings.HasSuffix(name, ".part"):
			keep = staleAfter
		case isEntry:
			if age < keep {
				continue
			}
			done, err := t.done(s, entry)
			if err != nil {
				return err
			}
			if !done {
				continue
			}
		default:
			// The generations of a key go together: a gap would hide the later ones.
			key, _, _ := strings.Cut(name, ".")
			age = now.Sub(newest[key])
		}
		if age < keep {
			continue
		}
		if !strings.HasSuffix(name, ".part") {
			lately, err := t.lately(s, dir, name, infos, now)
			if err != nil {
				return err
			}
			if lately {
				continue
			}
		}
		if err := s.remove(path.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// lately reports whether an entry, or one of those that the claims of a key are about, was
// written not long ago by our clock.
func (t *Transfer) lately(s session, dir, name string, infos []fs.FileInfo, now time.Time) (bool, error) {
	if ours := t.now(); ours.After(now) {
		now = ours
	}
	var entries []string
	if entry, ok := strings.CutSuffix(name, ".json"); ok {
		entries = append(entries, entry)
	} else {
		key, _, _ := strings.Cut(name, ".")
		for _, info := range infos {
			if !strings.HasPrefix(info.Name(), key+".") || strings.HasSuffix(info.Name(), ".part") {
				continue
			}
			var c claim
			if _, err := t.recall(s, path.Join(dir, info.Name()), &c); err != nil {
				return false, err
			}
			entries = append(entries, c.Name)
		}
	}
	for _, entry := range entries {
		e, err := t.entryOf(s, entry)
		if err != nil {
			return false, err
		}
		if e != nil && now.Sub(e.Written) < t.conf.Keep {
			return true, nil
		}
	}
	return false, nil
}

// done reports whether nothing of an entry is left to be made visible.
func (t *Transfer) done(s session, name string) (bool, error) {
	e, err := t.entryOf(s, name)
	if err != nil {
		return false, err
	}
	if e == nil {
		return true, nil
	}
	for _, r := range e.Steps {
		if r.From == "" {
			continue
		}
		if _, err := s.stat(t.in(r.From)); !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	return true, nil
}

// sweep removes temporary files that nothing will ever become of.
func (t *Transfer) sweep(s session, now time.Time) error {
	infos, err := s.list(t.dir())
	if err != nil {
		return err
	}
	for _, info := range infos {
		m := partial.FindStringSubmatch(info.Name())
		if m == nil || !info.Mode().IsRegular() || now.Sub(info.ModTime()) < staleAfter {
			continue
		}
		e, err := t.entryOf(s, m[1])
		if err != nil {
			return err
		}
		if e != nil && e.names(info.Name()) {
			continue
		}
		if err := s.remove(t.in(info.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (e *entry) names(temp string) bool {
	for _, r := range e.Steps {
		if r.From == temp {
			return true
		}
	}
	return false
}
