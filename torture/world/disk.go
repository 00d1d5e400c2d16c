package world

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// A Disk is a small file system that databases can be put on, to be full at will. It
// is in memory, and a tablespace to PostgreSQL: what it logs ahead goes elsewhere.
type Disk struct {
	servers *Servers
	dir     string
	name    string
}

// ErrNoDisk is returned where no file system can be mounted.
var ErrNoDisk = errors.New("no file system can be mounted here: it takes root")

// SmallDisk mounts a Disk. The caller closes it. Of one whose process was killed the
// mount stays, below /var/tmp.
func (s *Servers) SmallDisk(ctx context.Context, megabytes int) (_ *Disk, err error) {
	owner, err := user.Lookup("postgres")
	if os.Getuid() != 0 || err != nil {
		return nil, ErrNoDisk
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		return nil, err
	}
	d := &Disk{servers: s}
	if d.dir, err = os.MkdirTemp("/var/tmp", "erpbridge-disk-"); err != nil {
		return nil, err
	}
	if err := syscall.Mount("tmpfs", d.dir, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, fmt.Sprintf("size=%dm,mode=0755", megabytes)); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrNoDisk, err), os.Remove(d.dir))
	}
	d.name = strings.ReplaceAll(filepath.Base(d.dir), "-", "_")
	defer func() {
		if err != nil {
			err = errors.Join(err, d.unmount())
		}
	}()
	space := filepath.Join(d.dir, "space")
	if err := errors.Join(os.Mkdir(space, 0o700), os.Chown(space, uid, -1)); err != nil {
		return nil, err
	}
	return d, s.exec(ctx, "create tablespace "+pgx.Identifier{d.name}.Sanitize()+" location '"+space+"'")
}

// Fill leaves no room on it.
func (d *Disk) Fill() error {
	f, err := os.OpenFile(d.ballast(), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	block := make([]byte, 1<<12)
	for err == nil {
		_, err = f.Write(block)
	}
	if errors.Is(err, syscall.ENOSPC) {
		err = nil
	}
	return errors.Join(err, f.Close())
}

// Free makes room again.
func (d *Disk) Free() error {
	err := os.Remove(d.ballast())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func (d *Disk) ballast() string { return filepath.Join(d.dir, "ballast") }

// Close takes it away. The databases on it must be gone.
func (d *Disk) Close(ctx context.Context) error {
	return errors.Join(d.servers.exec(ctx, "drop tablespace "+pgx.Identifier{d.name}.Sanitize()), d.unmount())
}

func (d *Disk) unmount() error {
	return errors.Join(syscall.Unmount(d.dir, syscall.MNT_DETACH), os.Remove(d.dir))
}
