// Package filetransfer delivers documents as files into a folder of a partner, local
// or over SFTP (File Transfer), and reads the partner's acknowledgements.
//
// A file becomes visible whole or not at all, once or not at all, whatever dies and
// wherever. It is written beside its place under a name of its own, and what makes it
// visible is a rename, which uses that name up: however many try, and however late, one
// of them succeeds and the others find nothing left to do. What is to be renamed is
// noted in a journal before, so that anybody who is asked about the documents later can
// finish what was begun:
//
//	absent ──▶ written ──▶ journaled ──▶ placed ──▶ announced
//	           │           │             │           └ manifest, then trigger: renamed
//	           │           │             └ data: renamed, folder synced
//	           │           └ keys claimed, entry claimed, journal synced
//	           └ data, manifest and trigger: temporary, synced, read back; folder synced
//
//	a crash in     leaves                        the next Put or Find of its keys
//	written        temporary files, no entry     begins anew; the leftovers go by age
//	journaled      entry, temporary files        renames them, in order
//	placed         entry, some temporary files   renames those that are left
//	announced      entry, no temporary file      has nothing to do: delivered
//
// A temporary file that is gone was renamed. That the partner may have taken data and
// trigger away since makes no difference: the journal says that they were there. So
// nobody but the partner may delete what ends in .part.
//
// The journal only grows: an entry for each file, which names its keys, and a claim for
// each key, which names the file. Both are made by a rename that does not replace
// anything. A key that was claimed for a file that never got an entry is claimed again,
// in the next generation; the last one counts. An entry is finished only while all its
// keys are claimed for it.
//
// Two daemons may deliver to a folder at once. They never deliver the same keys at once:
// the outbox leases them. One that was asleep may come late: each step is made only
// while ctx lasts, by the wall clock too, so that at most the one system call it was in
// is late, and there is none among them that can harm: a claim is exclusive, and a
// rename finds its file gone. What Put is told to deliver with a key that went into
// another file before is InDoubt: Find then tells of each key.
//
// A partner that takes a file before its rename is durable sees it again, under its name,
// if the power is lost then. With a trigger it cannot be the data that comes again, only
// the trigger. Names are never used for anything else, for as long as the journal is kept,
// and a file of nought bytes is never left behind.
//
// Over SFTP a file is renamed by RENAME, which refuses to replace; servers that know only
// the extension that replaces are asked before whether the name is free. Contents, and
// folders, are synced where the server offers fsync@openssh.com; elsewhere the server's
// word for the write is all there is. Host keys are pinned.
package filetransfer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/hakooi/erpbridge/internal/fault"
)

// Transfer is one folder that files are delivered to. Its methods may be called from
// many goroutines at once.
//
// Their errors are of kind Transient (not reachable, no space left), Refused (credentials,
// a changed host key, rights, a folder that is missing), Invalid (the file cannot be
// delivered as it is: a name that cannot be, or that stands for something else) and
// InDoubt (it broke off when the file could have become visible).
type Transfer struct {
	conf  Config
	store store
	seal  *sealer // nil: nothing is encrypted
	acks  *inbox

	// do makes a step; it is fault.Do but in tests that die at one.
	do     func(point string, step func() error) error
	now    func() time.Time
	unique func() string // part of a temporary name

	mu      sync.Mutex
	known   bool      // the journal was there once
	cleaned time.Time // when a part of the journal was cleaned last
}

// Open returns the Transfer for conf. It reads the keys conf names and connects to
// nothing.
func Open(conf Config) (*Transfer, error) {
	conf = conf.withDefaults()
	if err := conf.Check(); err != nil {
		return nil, err
	}
	seal, err := newSealer(conf.PGP)
	if err != nil {
		return nil, err
	}
	t := &Transfer{conf: conf, seal: seal, do: fault.Do, now: time.Now, unique: unique}
	t.acks = &inbox{seen: make(map[string]*sighting)}
	if conf.SFTP.Host == "" {
		mode, err := conf.mode()
		if err != nil {
			return nil, err
		}
		t.store = local{mode: mode}
		return t, nil
	}
	if t.store, err = newRemote(conf.SFTP); err != nil {
		return nil, err
	}
	return t, nil
}

// Close ends what connections there are.
func (t *Transfer) Close() error { return t.store.close() }

// Probe reports whether the folders can be reached. It has no effect there.
func (t *Transfer) Probe(ctx context.Context) error {
	s, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer s.release()
	for _, dir := range []string{t.dir(), t.conf.Acks.Dir, t.conf.Acks.Archive} {
		if dir == "" {
			continue
		}
		info, err := s.stat(dir)
		if err != nil {
			return failed("filetransfer.Probe", fmt.Errorf("looking for the folder: %w", err))
		}
		if !info.IsDir() {
			return refused("filetransfer.Probe", fmt.Errorf("%s is not a folder", dir))
		}
	}
	return nil
}

// session is the file system for the time of one call.
type session struct {
	files
	stop func()
}

func (s session) release() {
	s.files.release()
	s.stop()
}

func (t *Transfer) open(ctx context.Context) (session, error) {
	stop := context.CancelFunc(func() {})
	if t.conf.SFTP.Host != "" {
		ctx, stop = context.WithTimeout(ctx, t.conf.SFTP.Timeout)
	}
	fs, err := t.store.open(ctx)
	if err != nil {
		stop()
		return session{}, failed("filetransfer.open", err)
	}
	return session{fs, stop}, nil
}

// dir is the folder that files are delivered to.
func (t *Transfer) dir() string {
	if t.conf.SFTP.Host != "" {
		return t.conf.SFTP.Dir
	}
	return t.conf.Dir
}

// in is the path of a name in the folder.
func (t *Transfer) in(name string) string { return path.Join(t.dir(), name) }

// step makes a step of a delivery, unless it is too late for it. A machine that was
// suspended finds its timers where they stood, and only the wall clock moved. Each step
// is a point for faults; the tests here die at every one of them.
func (t *Transfer) step(ctx context.Context, name string, do func() error) error {
	if deadline, ok := ctx.Deadline(); ok && t.now().Round(0).After(deadline.Round(0)) {
		return context.DeadlineExceeded
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return t.do("filetransfer."+name, do)
}

// syncDir makes the names in a folder durable.
func (t *Transfer) syncDir(ctx context.Context, s session, step, dir string) error {
	if fault.Planted("no-dir-fsync") { // planted: names are left to the page cache
		return nil
	}
	return t.step(ctx, step, func() error {
		if err := s.syncDir(dir); err != nil {
			return fmt.Errorf("syncing a folder: %w", err)
		}
		return nil
	})
}

func unique() string { return strings.ToLower(rand.Text()[:10]) }

// errTaken is said of a name that stands for something else.
var errTaken = errors.New("the name stands for another file already")
