package filetransfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// local is the file system of this machine.
type local struct {
	mode fs.FileMode // of new files
}

func (l local) open(context.Context) (files, error) { return l, nil }
func (local) close() error                          { return nil }
func (local) release()                              {}

func (l local) create(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, l.mode) // #nosec G304 -- the folder is configuration, the name is checked
	if err != nil {
		return nil, err
	}
	// Whom the folder is for decides, not the umask of whoever started the daemon.
	if err := f.Chmod(l.mode); err != nil && !errors.Is(err, fs.ErrPermission) {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (local) read(path string, limit int64) (_ []byte, err error) {
	f, err := os.Open(path) // #nosec G304 -- the folder is configuration
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return readAll(f, path, limit)
}

func (local) stat(path string) (fs.FileInfo, error) { return os.Stat(path) }

func (local) list(dir string) ([]fs.FileInfo, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	infos := make([]fs.FileInfo, 0, len(entries))
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // taken away while we looked
		}
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// rename is rename(2), which would replace: but no two of ours rename different files to
// one name, see claim.
func (local) rename(from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return &fs.PathError{Op: "rename", Path: to, Err: fs.ErrExist}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(from, to) // #nosec G703 -- names of the transfer's own making, in folders of its configuration
}

// claim is a hard link, which is exclusive; file systems without hard links are left
// with a rename.
func (l local) claim(from, to string) error {
	err := os.Link(from, to)
	switch {
	case err == nil:
		return os.Remove(from) // #nosec G703 -- as above
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.ENOSYS), errors.Is(err, syscall.EMLINK):
		return l.rename(from, to)
	}
	return err
}

func (local) remove(path string) error { return os.Remove(path) }

func (local) makeDir(dir string) error {
	if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func (local) syncDir(dir string) (err error) {
	f, err := os.Open(dir) // #nosec G304 -- the folder is configuration
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	// Some network file systems cannot be asked to; they do it at the rename.
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}

// readAll reads at most limit bytes.
func readAll(r io.Reader, path string, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return body, nil
}
