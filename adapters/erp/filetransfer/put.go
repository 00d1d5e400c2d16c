package filetransfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/hakooi/erpbridge"
)

// Put delivers a file and returns the receipt for it, or for when it was delivered
// before: Ref is the name it is visible under, Raw what the journal knows of it. What
// was begun with exactly this file is finished. It makes a single attempt within ctx.
func (t *Transfer) Put(ctx context.Context, f File) (erpbridge.Receipt, error) {
	const op = "filetransfer.Put"
	if err := f.check(); err != nil {
		return erpbridge.Receipt{}, invalid(op, err)
	}
	s, err := t.open(ctx)
	if err != nil {
		return erpbridge.Receipt{}, err
	}
	defer s.release()
	e, err := t.begun(ctx, s, f)
	if err == nil && e == nil {
		e, err = t.prepare(ctx, s, f)
	}
	if err != nil {
		return erpbridge.Receipt{}, failed(op, err)
	}
	if err := t.finish(ctx, s, e); err != nil {
		return erpbridge.Receipt{}, doubtful(op, err)
	}
	t.clean(s, e)
	return e.receipt()
}

func (e *entry) receipt() (erpbridge.Receipt, error) {
	raw, err := json.Marshal(e)
	return erpbridge.Receipt{Ref: e.Name, Raw: raw}, err
}

// visible is the name that a file gets.
func (t *Transfer) visible(f File) string {
	if t.seal != nil {
		return f.Name + ".pgp"
	}
	return f.Name
}

// begun returns the entry of this very file, nil where there is none. A document that
// went into another file is not put into this one too.
func (t *Transfer) begun(ctx context.Context, s session, f File) (*entry, error) {
	name := t.visible(f)
	for _, key := range f.Keys {
		claimed, _, err := t.claimOf(s, key)
		if err != nil {
			return nil, err
		}
		if claimed == "" || claimed == name {
			continue
		}
		other, err := t.standing(s, claimed)
		if err != nil {
			return nil, err
		}
		if other != nil {
			return nil, doubt("filetransfer.Put", fmt.Errorf("a document of %s went into %s before: it has to be looked up", name, claimed))
		}
	}
	e, err := t.entryOf(s, name)
	if err != nil || e == nil {
		return nil, err
	}
	if !e.stands(f) {
		return nil, invalid("filetransfer.Put", fmt.Errorf("%s: %w", name, errTaken))
	}
	return e, t.settle(ctx, s, e)
}

// standing returns the entry of a file that is visible or may become so. One whose keys
// have been claimed for other files since never will.
func (t *Transfer) standing(s session, name string) (*entry, error) {
	e, err := t.entryOf(s, name)
	if err != nil || e == nil {
		return nil, err
	}
	for _, key := range e.Keys {
		claimed, _, err := t.claimOf(s, key)
		if err != nil {
			return nil, err
		}
		if claimed != name {
			return nil, nil
		}
	}
	return e, nil
}

// prepare writes everything that will become visible, and the journal. Nothing is
// visible afterwards.
func (t *Transfer) prepare(ctx context.Context, s session, f File) (*entry, error) {
	if err := t.makeJournal(ctx, s, ""); err != nil {
		return nil, err
	}
	e := &entry{Name: t.visible(f), Count: f.Count, Totals: f.Totals, Keys: f.Keys, Written: t.now().UTC()}
	body := f.Body
	if t.seal != nil {
		sealed, err := t.seal.seal(f.Body, t.now())
		if err != nil {
			return nil, refused("filetransfer.Put", err)
		}
		body, e.Source = sealed, sum(f.Body)
	}
	e.Bytes, e.SHA256 = len(body), sum(body)
	if err := t.writeAll(ctx, s, e, body); err != nil {
		t.forget(ctx, s, e)
		return nil, err
	}
	if err := t.claimAll(ctx, s, e); err != nil {
		return nil, err
	}
	err := t.note(ctx, s, "entry", t.entryPath(e.Name), e)
	if errors.Is(err, fs.ErrExist) {
		return nil, doubt("filetransfer.Put", fmt.Errorf("%s is being delivered by another: it has to be looked up", e.Name))
	}
	if err != nil {
		return nil, err
	}
	return e, t.syncJournal(ctx, s, e)
}

// writeAll writes the temporary files.
func (t *Transfer) writeAll(ctx context.Context, s session, e *entry, body []byte) error {
	type visible struct {
		what, name string
		body       []byte
	}
	all := []visible{{data, e.Name, body}}
	if t.conf.Manifest != none {
		told, err := e.manifest()
		if err != nil {
			return err
		}
		all = append(all, visible{manifest, expand(t.conf.Manifest, e.Name), told})
	}
	if t.conf.Trigger != none {
		all = append(all, visible{trigger, expand(t.conf.Trigger, e.Name), []byte(e.Name + "\n")})
	}
	attempt := t.unique()
	for _, v := range all {
		r := rename{What: v.what, To: v.name, Bytes: len(v.body), SHA256: sum(v.body)}
		there, err := t.there(s, r)
		if err != nil {
			return err
		}
		if !there {
			r.From = t.conf.temporary(e.Name, attempt, v.what)
		}
		e.Steps = append(e.Steps, r)
		if there {
			continue
		}
		if err := t.write(ctx, s, "temp", t.in(r.From), v.body); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("the folder %s: %w", t.dir(), err)
			}
			return err
		}
		if err := t.verify(ctx, s, r); err != nil {
			return err
		}
	}
	return t.syncDir(ctx, s, "temp.names", t.dir())
}

// manifest is what the partner is told about the file: always the same about the same.
func (e *entry) manifest() ([]byte, error) {
	told := *e
	told.Source, told.Written, told.Steps = "", time.Time{}, nil
	body, err := json.MarshalIndent(told, "", "  ")
	return append(body, '\n'), err
}

// there reports whether what is to be visible is, and refuses where something else
// stands in its place.
func (t *Transfer) there(s session, r rename) (bool, error) {
	info, err := s.stat(t.in(r.To))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if info.Size() == int64(r.Bytes) && info.Mode().IsRegular() {
		body, err := s.read(t.in(r.To), int64(r.Bytes))
		if err != nil {
			return false, err
		}
		if sum(body) == r.SHA256 {
			return true, nil
		}
	}
	return false, invalid("filetransfer.Put", fmt.Errorf("%s: %w", r.To, errTaken))
}

// write writes a new file, durably.
func (t *Transfer) write(ctx context.Context, s session, step, at string, body []byte) error {
	var f file
	err := t.step(ctx, step+".create", func() (err error) {
		f, err = s.create(at)
		return err
	})
	if f == nil {
		return err
	}
	if err == nil {
		err = t.step(ctx, step+".write", func() error {
			_, err := f.Write(body)
			return err
		})
	}
	if err == nil {
		err = t.step(ctx, step+".sync", f.Sync)
	}
	return errors.Join(err, f.Close())
}

// largestReadBack is the most that is read back to compare it; of what is larger, only
// the size is compared.
const largestReadBack = 256 << 10

// verify compares what is there with what was written.
func (t *Transfer) verify(ctx context.Context, s session, r rename) error {
	return t.step(ctx, "temp.verify", func() error {
		info, err := s.stat(t.in(r.From))
		if err != nil {
			return err
		}
		if info.Size() != int64(r.Bytes) {
			return fmt.Errorf("%s has %d bytes instead of %d", r.From, info.Size(), r.Bytes)
		}
		if r.Bytes > largestReadBack {
			return nil
		}
		body, err := s.read(t.in(r.From), int64(r.Bytes))
		if err != nil {
			return err
		}
		if sum(body) != r.SHA256 {
			return fmt.Errorf("%s is not what was written", r.From)
		}
		return nil
	})
}

// settle makes the journal of a file that was begun whole and durable: what of it was
// written may have been lost with the power.
func (t *Transfer) settle(ctx context.Context, s session, e *entry) error {
	if err := t.claimAll(ctx, s, e); err != nil {
		return err
	}
	return t.syncJournal(ctx, s, e)
}

// claimAll claims the keys of a file for it.
func (t *Transfer) claimAll(ctx context.Context, s session, e *entry) error {
	for _, key := range slices.Compact(slices.Sorted(slices.Values(e.Keys))) {
		claimed, generation, err := t.claimOf(s, key)
		if err != nil {
			return err
		}
		if claimed == e.Name {
			continue
		}
		if generation >= 0 {
			// Generations have no gaps: the last one is durable before the next is made.
			if err := t.syncDir(ctx, s, "journal.sync", path.Dir(t.claimPath(key, 0))); err != nil {
				return err
			}
		}
		err = t.note(ctx, s, "key", t.claimPath(key, generation+1), claim{Key: key, Name: e.Name})
		if errors.Is(err, fs.ErrExist) {
			return doubt("filetransfer.Put", fmt.Errorf("a document of %s is being delivered by another: it has to be looked up", e.Name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// forget removes temporary files that no entry names. What remains goes by age.
func (t *Transfer) forget(ctx context.Context, s session, e *entry) {
	for _, r := range e.Steps {
		if r.From != "" && ctx.Err() == nil {
			_ = s.remove(t.in(r.From))
		}
	}
}
