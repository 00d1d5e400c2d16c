package filetransfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"time"
)

// disk is a file system that tells what is in memory from what is on the disk: after the
// power was lost there is what was synced, and of the rest any part. It forgets as the
// standards allow, which is more than most file systems do: each change of a folder that
// was not synced may be there or not, whatever came before or after it.
type disk struct {
	dirs map[string]*folder

	// Before operation number stop the power is lost.
	made, stop int
	// forgetful disks do not do what they are asked to about folders.
	forgetful bool
}

var errPower = errors.New("the power was lost")

type folder struct {
	names   map[string]*content // in memory
	durable map[string]*content
	pending []change // not synced
}

// change is one of a folder: names that come, or go (nil), all at once.
type change map[string]*content

// content is a file, or a folder (dir).
type content struct {
	dir           string
	body, durable []byte
	synced        bool
}

const root = "/out"

func newDisk() *disk {
	return &disk{dirs: map[string]*folder{"/": newFolder(), root: newFolder()}, stop: -1}
}

func newFolder() *folder {
	return &folder{names: map[string]*content{}, durable: map[string]*content{}}
}

// power reports whether there is any, for an operation that changes something.
func (d *disk) power() error {
	if d.stop >= 0 && d.made >= d.stop {
		return errPower
	}
	d.made++
	return nil
}

func (d *disk) alive() error {
	if d.stop >= 0 && d.made >= d.stop {
		return errPower
	}
	return nil
}

func (f *folder) apply(c change) {
	merge(f.names, c)
	f.pending = append(f.pending, c)
}

func merge(names map[string]*content, c change) {
	for name, what := range c {
		if what == nil {
			delete(names, name)
		} else {
			names[name] = what
		}
	}
}

func (d *disk) find(at string) (*folder, *content) {
	dir := d.dirs[path.Dir(at)]
	if dir == nil {
		return nil, nil
	}
	return dir, dir.names[path.Base(at)]
}

func missingFile(op, at string) error {
	return &fs.PathError{Op: op, Path: at, Err: fs.ErrNotExist}
}

func (d *disk) open(context.Context) (files, error) { return d, d.alive() }
func (d *disk) close() error                        { return nil }
func (d *disk) release()                            {}

func (d *disk) create(at string) (file, error) {
	if err := d.power(); err != nil {
		return nil, err
	}
	dir, there := d.find(at)
	switch {
	case dir == nil:
		return nil, missingFile("create", at)
	case there != nil:
		return nil, &fs.PathError{Op: "create", Path: at, Err: fs.ErrExist}
	}
	c := &content{}
	dir.apply(change{path.Base(at): c})
	return &opened{d, c}, nil
}

type opened struct {
	d *disk
	c *content
}

func (o *opened) Write(body []byte) (int, error) {
	if err := o.d.power(); err != nil {
		return 0, err
	}
	o.c.body = append(slices.Clone(o.c.body), body...)
	return len(body), nil
}

func (o *opened) Sync() error {
	if err := o.d.power(); err != nil {
		return err
	}
	o.c.durable, o.c.synced = o.c.body, true
	return nil
}

func (o *opened) Close() error { return o.d.alive() }

func (d *disk) read(at string, limit int64) ([]byte, error) {
	if err := d.alive(); err != nil {
		return nil, err
	}
	if _, c := d.find(at); c != nil {
		return readAll(bytes.NewReader(c.body), at, limit)
	}
	return nil, missingFile("read", at)
}

type status struct {
	name string
	size int64
	mode fs.FileMode
}

func (s status) Name() string       { return s.name }
func (s status) Size() int64        { return s.size }
func (s status) Mode() fs.FileMode  { return s.mode }
func (s status) ModTime() time.Time { return time.Now() }
func (s status) IsDir() bool        { return s.mode.IsDir() }
func (s status) Sys() any           { return nil }

func (d *disk) stat(at string) (fs.FileInfo, error) {
	if err := d.alive(); err != nil {
		return nil, err
	}
	if d.dirs[at] != nil {
		return status{path.Base(at), 0, fs.ModeDir}, nil
	}
	if _, c := d.find(at); c != nil {
		return status{path.Base(at), int64(len(c.body)), 0}, nil
	}
	return nil, missingFile("stat", at)
}

func (d *disk) list(at string) ([]fs.FileInfo, error) {
	dir := d.dirs[at]
	if dir == nil {
		return nil, missingFile("list", at)
	}
	var infos []fs.FileInfo
	for name := range dir.names {
		info, err := d.stat(path.Join(at, name))
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

func (d *disk) rename(from, to string) error {
	if err := d.power(); err != nil {
		return err
	}
	dir, c := d.find(from)
	if path.Dir(from) != path.Dir(to) {
		return errors.New("a rename from one folder into another")
	}
	if _, taken := d.find(to); taken != nil {
		return &fs.PathError{Op: "rename", Path: to, Err: fs.ErrExist}
	}
	if c == nil {
		return missingFile("rename", from)
	}
	dir.apply(change{path.Base(from): nil, path.Base(to): c})
	return nil
}

// claim is a link and a removal, with the power lost between them too.
func (d *disk) claim(from, to string) error {
	if err := d.power(); err != nil {
		return err
	}
	dir, c := d.find(from)
	if c == nil {
		return missingFile("link", from)
	}
	if _, taken := d.find(to); taken != nil {
		return &fs.PathError{Op: "link", Path: to, Err: fs.ErrExist}
	}
	dir.apply(change{path.Base(to): c})
	return d.remove(from)
}

func (d *disk) remove(at string) error {
	if err := d.power(); err != nil {
		return err
	}
	dir, c := d.find(at)
	if c == nil {
		return missingFile("remove", at)
	}
	dir.apply(change{path.Base(at): nil})
	return nil
}

func (d *disk) makeDir(at string) error {
	if err := d.power(); err != nil {
		return err
	}
	dir, c := d.find(at)
	switch {
	case dir == nil:
		return missingFile("mkdir", at)
	case c == nil:
		d.dirs[at] = newFolder()
		dir.apply(change{path.Base(at): &content{dir: at}})
	}
	return nil
}

func (d *disk) syncDir(at string) error {
	if err := d.power(); err != nil {
		return err
	}
	dir := d.dirs[at]
	if dir == nil {
		return missingFile("sync", at)
	}
	if !d.forgetful {
		for _, c := range dir.pending {
			merge(dir.durable, c)
		}
		dir.pending = nil
	}
	return nil
}

// pending is how many changes are in doubt.
func (d *disk) pending() int {
	n := 0
	for _, dir := range d.dirs {
		n += len(dir.pending)
	}
	return n
}

// after returns a disk as it is found when the power is back: of the changes that were
// not synced those that kept says, in the order of the folders' names and of time, and of
// the contents that were not synced a part of so many hundredths.
func (d *disk) after(kept func(i int) bool, hundredths int) *disk {
	found := &disk{dirs: map[string]*folder{"/": newFolder(), root: newFolder()}, stop: -1, forgetful: d.forgetful}
	copies := map[*content]*content{}
	i := 0
	var names []string
	for name := range d.dirs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		dir := d.dirs[name]
		left := map[string]*content{}
		merge(left, dir.durable)
		for _, c := range dir.pending {
			if kept(i) {
				merge(left, c)
			}
			i++
		}
		if found.dirs[name] == nil {
			continue // its own name is not there any more
		}
		for n, c := range left {
			if copies[c] == nil {
				copies[c] = c.found(hundredths)
			}
			if c.dir != "" {
				found.dirs[c.dir] = newFolder()
			}
			found.dirs[name].names[n], found.dirs[name].durable[n] = copies[c], copies[c]
		}
	}
	return found
}

func (c *content) found(hundredths int) *content {
	body := c.durable
	if len(c.body) > len(body) {
		body = c.body[:len(body)+(len(c.body)-len(body))*hundredths/100]
	}
	return &content{dir: c.dir, body: body, durable: body, synced: true}
}

// outcomes are the disks that may be found after the power was lost: all, or if they are
// too many some of them.
func (d *disk) outcomes(r *rand.Rand) []*disk {
	const most = 6
	var found []*disk
	n := d.pending()
	for _, hundredths := range []int{0, 50, 100} {
		if n <= most {
			for set := range 1 << n {
				found = append(found, d.after(func(i int) bool { return set>>i&1 == 1 }, hundredths))
			}
			continue
		}
		for _, likely := range []float64{0, 1, 0.5, 0.5, 0.5, 0.5, 0.2, 0.2, 0.2, 0.8, 0.8, 0.8} {
			found = append(found, d.after(func(int) bool { return r.Float64() < likely }, hundredths))
		}
	}
	return found
}

// seen are the files that a partner sees.
func (d *disk) seen() map[string]string {
	files := map[string]string{}
	for name, c := range d.dirs[root].names {
		if c.dir == "" && !strings.HasPrefix(name, ".") {
			files[name] = string(c.body)
		}
	}
	return files
}

// take is a partner that takes what a trigger tells of, on its own machine: what it took
// does not come back.
func (d *disk) take() bool {
	f := two()
	trigger := expand("{base}.trg", f.Name)
	if _, ok := d.seen()[trigger]; !ok {
		return false
	}
	d.drop(f.Name, f.Name+".json", trigger)
	return true
}

// drop removes files for good.
func (d *disk) drop(names ...string) {
	dir := d.dirs[root]
	for _, name := range names {
		delete(dir.names, name)
		delete(dir.durable, name)
		for _, c := range dir.pending {
			if c[name] != nil {
				delete(c, name)
			}
		}
	}
}

func (d *disk) String() string {
	var lines []string
	for at, dir := range d.dirs {
		for name, c := range dir.names {
			lines = append(lines, fmt.Sprintf("%s/%s %d", at, name, len(c.body)))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
