package filetransfer

import (
	"context"
	"io"
	"io/fs"
)

// A store is where files are.
type store interface {
	// open returns the files for one call, which end with ctx.
	open(ctx context.Context) (files, error)
	close() error
}

// files is a file system as far as a transfer needs it. Errors that are fs.ErrNotExist,
// fs.ErrExist or fs.ErrPermission are an answer: nothing was done. After any other it is
// not known.
type files interface {
	// create makes a file that was not there.
	create(path string) (file, error)
	// read returns what a file holds; more than limit bytes are an error.
	read(path string, limit int64) ([]byte, error)
	stat(path string) (fs.FileInfo, error)
	list(dir string) ([]fs.FileInfo, error)
	// rename moves a file within its folder, in one step, to a name that is free.
	rename(from, to string) error
	// claim does the same; where two do so at once, for the same name, one gets
	// fs.ErrExist. It need not be one step: from may be left behind.
	claim(from, to string) error
	remove(path string) error
	// makeDir makes a folder unless it is there.
	makeDir(dir string) error
	// syncDir makes the names in a folder durable, where that can be asked for.
	syncDir(dir string) error
	// release ends the call.
	release()
}

// A file is being written.
type file interface {
	io.Writer
	// Sync makes the content durable, where that can be asked for.
	Sync() error
	Close() error
}
