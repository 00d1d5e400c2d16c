package filetransfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/pkg/sftp"
)

// remote is a server that is spoken to by SFTP. Each call has a connection of its own
// while it lasts, because what ends a call that takes too long is to cut its connection;
// idle ones are kept for the next.
type remote struct {
	dialer *dialer

	mu     sync.Mutex
	idle   []*link
	closed bool
	wg     sync.WaitGroup // what goes on for connections
}

// mostIdle is how many connections are kept.
const mostIdle = 4

func newRemote(conf SFTPConfig) (*remote, error) {
	d, err := newDialer(conf)
	if err != nil {
		return nil, err
	}
	return &remote{dialer: d}, nil
}

func (r *remote) open(ctx context.Context) (files, error) {
	for l := r.take(); l != nil; l = r.take() {
		c := &call{link: l, of: r, stop: context.AfterFunc(ctx, l.expire)}
		if l.answers() {
			return c, nil
		}
		c.stop()
		l.cut()
	}
	l, err := r.dialer.dial(ctx, &r.wg)
	if err != nil {
		return nil, err
	}
	return &call{link: l, of: r, stop: context.AfterFunc(ctx, l.expire)}, nil
}

// take returns the connection that was used last, or nil.
func (r *remote) take() *link {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.idle) == 0 {
		return nil
	}
	l := r.idle[len(r.idle)-1]
	r.idle = r.idle[:len(r.idle)-1]
	return l
}

func (r *remote) keep(l *link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.idle) >= mostIdle {
		l.cut()
		return
	}
	r.idle = append(r.idle, l)
}

func (r *remote) close() error {
	r.mu.Lock()
	r.closed = true
	for _, l := range r.idle {
		l.cut()
	}
	r.idle = nil
	r.mu.Unlock()
	r.wg.Wait()
	return nil
}

// call is a connection for one call.
type call struct {
	*link
	of   *remote
	stop func() bool
}

func (c *call) release() {
	if c.stop() { // ctx had not ended, and does not cut it any more
		c.of.keep(c.link)
		return
	}
	c.cut()
}

func (c *call) create(path string) (file, error) {
	f, err := c.client.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, c.answer("create", path, err)
	}
	return uploaded{f, c}, nil
}

// uploaded is a file that is being written at the server.
type uploaded struct {
	*sftp.File
	call *call
}

func (u uploaded) Write(body []byte) (int, error) {
	n, err := u.ReadFromWithConcurrency(bytes.NewReader(body), concurrency)
	return int(n), u.call.answer("write", u.Name(), err)
}

// Sync is an answer of the server that has the content on its disk, or nothing, where it
// does not offer that.
func (u uploaded) Sync() error {
	if !u.call.syncs {
		return nil
	}
	return u.call.answer("sync", u.Name(), u.File.Sync())
}

func (u uploaded) Close() error { return u.call.answer("close", u.Name(), u.File.Close()) }

func (c *call) read(path string, limit int64) ([]byte, error) {
	f, err := c.client.Open(path)
	if err != nil {
		return nil, c.answer("read", path, err)
	}
	body, err := readAll(f, path, limit)
	return body, errors.Join(c.answer("read", path, err), c.answer("close", path, f.Close()))
}

func (c *call) stat(path string) (fs.FileInfo, error) {
	info, err := c.client.Stat(path)
	return info, c.answer("stat", path, err)
}

func (c *call) list(dir string) ([]fs.FileInfo, error) {
	infos, err := c.client.ReadDir(dir)
	return infos, c.answer("list", dir, err)
}

// rename is RENAME, which refuses where the name is taken, at most servers. Those that do
// not, or that know only the extension that replaces, are asked before: no two of ours
// rename different files to one name, see claim.
func (c *call) rename(from, to string) error {
	if _, err := c.client.Lstat(to); err == nil {
		return &fs.PathError{Op: "rename", Path: to, Err: fs.ErrExist}
	} else if err := c.answer("rename", to, err); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := c.answer("rename", from, c.client.Rename(from, to))
	if unsupported(err) {
		err = c.answer("rename", from, c.client.PosixRename(from, to))
	}
	var status *sftp.StatusError
	if errors.As(err, &status) {
		// The protocol has no code for a name that was taken since.
		if _, taken := c.client.Lstat(to); taken == nil {
			return &fs.PathError{Op: "rename", Path: to, Err: fs.ErrExist}
		}
	}
	return err
}

func (c *call) claim(from, to string) error { return c.rename(from, to) }

func (c *call) remove(path string) error {
	return c.answer("remove", path, c.client.Remove(path))
}

func (c *call) makeDir(dir string) error {
	err := c.answer("mkdir", dir, c.client.Mkdir(dir))
	if err == nil {
		return nil
	}
	if info, there := c.client.Stat(dir); there == nil && info.IsDir() {
		return nil
	}
	return err
}

// syncDir asks for a folder what fsync@openssh.com promises of a file: OpenSSH's server
// does it. A server that opens no folders does not.
func (c *call) syncDir(dir string) (err error) {
	if !c.syncs {
		return nil
	}
	f, err := c.client.Open(dir)
	var status *sftp.StatusError
	if errors.As(err, &status) {
		return nil
	}
	if err != nil {
		return c.answer("sync", dir, err)
	}
	err = c.answer("sync", dir, f.Sync())
	if errors.As(err, &status) {
		err = nil
	}
	return errors.Join(err, c.answer("close", dir, f.Close()))
}

// answer gives an error its place. What is no status of the server's is a connection
// that was cut, by whom it may be: by then it is of no more use.
func (c *call) answer(op, path string, err error) error {
	if err == nil {
		return nil
	}
	var status *sftp.StatusError
	if !errors.As(err, &status) && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
		c.cut()
		if c.timedOut() {
			return fmt.Errorf("%s %s: %w", op, path, context.DeadlineExceeded)
		}
	}
	return fmt.Errorf("%s %s: %w", op, path, err)
}

func unsupported(err error) bool {
	var status *sftp.StatusError
	return errors.As(err, &status) && status.FxCode() == sftp.ErrSSHFxOpUnsupported
}
