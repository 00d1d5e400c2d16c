package freeport

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// reserved are the ports that this process has, and the file in which it holds the lock
// of one byte for each: another process sees that, and the kernel forgets it when this
// one ends, however it ends.
var reserved struct {
	mu    sync.Mutex
	file  *os.File
	ports map[int]bool
}

// reserve reports whether port is this process's from now on: neither it nor another
// one had it.
func reserve(port int) (bool, error) {
	r := &reserved
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		name := filepath.Join(os.TempDir(), fmt.Sprintf("erpbridge-ports-%d", os.Getuid()))
		// #nosec G304 -- a name of our own; nobody else's link is followed
		file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
		if err != nil {
			return false, err
		}
		r.file, r.ports = file, map[int]bool{} // open for good: closing it would free them all
	}
	if r.ports[port] {
		return false, nil
	}
	err := syscall.FcntlFlock(r.file.Fd(), syscall.F_SETLK, &syscall.Flock_t{
		Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: int64(port), Len: 1,
	})
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return false, nil
	}
	r.ports[port] = err == nil
	return err == nil, err
}
