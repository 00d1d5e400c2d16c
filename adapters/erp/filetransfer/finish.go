package filetransfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// points are the names of the steps that make something visible.
var points = map[string]string{data: "place", manifest: "manifest", trigger: "trigger"}

// finish makes what an entry names visible, as far as it is not: the data, durably, and
// only then what tells of it.
func (t *Transfer) finish(ctx context.Context, s session, e *entry) error {
	for _, r := range e.Steps {
		if r.From == "" {
			continue
		}
		if err := t.step(ctx, points[r.What], func() error { return t.show(s, e, r) }); err != nil {
			return fmt.Errorf("making %s visible: %w", r.To, err)
		}
		if err := t.syncDir(ctx, s, points[r.What]+".sync", t.dir()); err != nil {
			return err
		}
	}
	return nil
}

// show makes one rename. If there is nothing to rename any more it was done before.
func (t *Transfer) show(s session, e *entry, r rename) error {
	err := s.rename(t.in(r.From), t.in(r.To))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		// Unless it is the folder that has gone, with the journal.
		_, err := s.stat(t.entryPath(e.Name))
		if errors.Is(err, fs.ErrNotExist) {
			return errors.New("the folder has gone meanwhile")
		}
		return err
	case errors.Is(err, fs.ErrExist):
		return t.shown(s, r)
	}
	return err
}

// shown is about a name that is not free: it is what it is to be, or another's.
func (t *Transfer) shown(s session, r rename) error {
	_, err := s.stat(t.in(r.From))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	// A server that renames by a link and a removal died between the two, or the name is
	// another's.
	there, err := t.there(s, r)
	if err != nil {
		return err
	}
	if !there {
		return errors.New("the name became free while we looked")
	}
	return s.remove(t.in(r.From))
}
