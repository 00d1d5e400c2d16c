package filetransfer

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// What the partner sees: data, manifest, trigger, and nothing else.
func TestPutWritesFileManifestAndTrigger(t *testing.T) {
	for _, tt := range []struct {
		name string
		with func(*Config)
		want []string
	}{
		{"no trigger", func(c *Config) { c.Trigger, c.Manifest = "", "" }, []string{two().Name}},
		{"a done file", func(c *Config) { c.Trigger, c.Manifest = "{name}.done", "none" }, []string{two().Name, two().Name + ".done"}},
		{"temporary names with a suffix", func(c *Config) { c.Temp = "suffix" }, []string{"shop_ORDERS05_20261123T101500Z_0a1b2c3d.trg", two().Name, two().Name + ".json"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			conf := announced(dir)
			tt.with(&conf)
			x := open(t, conf)
			var temps []string
			x.do = func(point string, step func() error) error {
				if point == "filetransfer.place" {
					for name := range visible(t, dir) {
						temps = append(temps, name)
					}
				}
				return step()
			}
			put(t, x, two())
			var names []string
			for name, body := range visible(t, dir) {
				names = append(names, name)
				if body == "" {
					t.Errorf("%s is empty", name)
				}
			}
			if diff := cmp.Diff(tt.want, sorted(names)); diff != "" {
				t.Error(diff)
			}
			for _, name := range temps { // only those with a suffix are to be seen
				if conf.Temp != "suffix" || !strings.HasSuffix(name, ".part") {
					t.Errorf("%s was visible before the file was placed", name)
				}
			}
			info, err := os.Stat(filepath.Join(dir, two().Name))
			if err != nil || info.Mode() != 0o640 {
				t.Errorf("%v %v", info.Mode(), err)
			}
		})
	}
}

func sorted(names []string) []string {
	slices.Sort(names)
	return names
}

func TestManifest(t *testing.T) {
	dir := t.TempDir()
	x := open(t, announced(dir))
	r := put(t, x, two())
	var told map[string]any
	if err := json.Unmarshal([]byte(visible(t, dir)[two().Name+".json"]), &told); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"name": two().Name, "bytes": float64(len(two().Body)), "sha256": sum(two().Body), "count": 2.0,
		"totals": map[string]any{"amount EUR": "129.90"}, "keys": []any{"shop/order/1/v1", "shop/order/2/v1"},
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	var known entry
	if err := json.Unmarshal(r.Raw, &known); err != nil || known.SHA256 != sum(two().Body) || len(known.Steps) != 3 {
		t.Errorf("%s: %v", r.Raw, err)
	}
}

// A name stands for one content, and a document is in one file.
func TestNamesAndKeysAreUsedOnce(t *testing.T) {
	dir := t.TempDir()
	x := open(t, announced(dir))
	put(t, x, two())
	before := visible(t, dir)
	other := two()
	other.Body, other.Keys = []byte("<other/>"), []string{"shop/order/3/v1"}
	fewer := two()
	fewer.Keys = fewer.Keys[:1]
	renamed := two()
	renamed.Name, renamed.Keys = "renamed.xml", []string{"shop/order/3/v1", "shop/order/2/v1"}
	for _, tt := range []struct {
		name string
		file File
		want erpbridge.Kind
	}{
		{"the same again", two(), ""},
		{"another content", other, erpbridge.Invalid},
		{"fewer documents", fewer, erpbridge.Invalid},
		{"one document in another file", renamed, erpbridge.InDoubt},
	} {
		_, err := x.Put(t.Context(), tt.file)
		if erpbridge.KindOf(err) != tt.want {
			t.Errorf("%s: %v", tt.name, err)
		}
		var e *erpbridge.Error
		if err != nil && (!errors.As(err, &e) || !e.Whole) {
			t.Errorf("%s: %v is not said of the whole", tt.name, err)
		}
	}
	if diff := cmp.Diff(before, visible(t, dir)); diff != "" {
		t.Error(diff)
	}
	results := x.Find(t.Context(), "shop/order/3/v1", "shop/order/2/v1")
	if erpbridge.KindOf(results[0].Err) != erpbridge.Missing || results[1].Receipt.Ref != two().Name {
		t.Errorf("%+v", results)
	}
}

func TestInvalidFiles(t *testing.T) {
	x := open(t, announced(t.TempDir()))
	for name, with := range map[string]func(*File){
		"no name":           func(f *File) { f.Name = "" },
		"a path":            func(f *File) { f.Name = "../order.xml" },
		"hidden":            func(f *File) { f.Name = ".order.xml" },
		"a blank":           func(f *File) { f.Name = "an order.xml" },
		"another charset":   func(f *File) { f.Name = "größe.xml" },
		"long":              func(f *File) { f.Name = strings.Repeat("a", 201) },
		"a temporary name":  func(f *File) { f.Name = "a.xml.0123456789.data.part" },
		"nothing in it":     func(f *File) { f.Body = nil },
		"no keys":           func(f *File) { f.Keys = nil },
		"an empty key":      func(f *File) { f.Keys = []string{"a", ""} },
		"the journal's":     func(f *File) { f.Name = ".erpbridge" },
		"a line break":      func(f *File) { f.Name = "a\n.xml" },
		"a dot and nothing": func(f *File) { f.Name = "." },
	} {
		f := two()
		with(&f)
		if _, err := x.Put(t.Context(), f); erpbridge.KindOf(err) != erpbridge.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(visible(t, x.dir())) != 0 {
		t.Error("something was written")
	}
}

// A file that stands there with the same content, and that the journal does not know, is
// what was to be delivered; one with another content is somebody else's.
func TestTargetExists(t *testing.T) {
	dir := t.TempDir()
	x := open(t, announced(dir))
	writeFile(t, filepath.Join(dir, two().Name), []byte("somebody else's"))
	if _, err := x.Put(t.Context(), two()); erpbridge.KindOf(err) != erpbridge.Invalid {
		t.Error(err)
	}
	if got := visible(t, dir); len(got) != 1 || got[two().Name] != "somebody else's" {
		t.Errorf("%q", got)
	}
	writeFile(t, filepath.Join(dir, two().Name), two().Body)
	put(t, x, two())
	if got := consume(t, dir, two()); len(got) != 1 || len(visible(t, dir)) != 0 {
		t.Errorf("%d files", len(got))
	}
}

// The target appears between the journal and the rename: it is not replaced, and nothing
// is lost.
func TestTargetAppears(t *testing.T) {
	dir := t.TempDir()
	x := open(t, announced(dir))
	x.do = func(point string, step func() error) error {
		if point == "filetransfer.place" {
			writeFile(t, filepath.Join(dir, two().Name), []byte("somebody else's"))
		}
		return step()
	}
	if _, err := x.Put(t.Context(), two()); erpbridge.KindOf(err) != erpbridge.Invalid {
		t.Error(err)
	}
	if got := visible(t, dir); len(got) != 1 || got[two().Name] != "somebody else's" {
		t.Errorf("%q", got)
	}
	if err := os.Remove(filepath.Join(dir, two().Name)); err != nil {
		t.Fatal(err)
	}
	x.do = func(_ string, step func() error) error { return step() }
	put(t, x, two())
	if got := consume(t, dir, two()); len(got) != 1 {
		t.Errorf("%d files", len(got))
	}
}

// A server died between the link and the removal that its rename is: both names are
// there, for the same content.
func TestHalfARename(t *testing.T) {
	dir := t.TempDir()
	x := open(t, announced(dir))
	stop := errors.New("stop")
	x.do = func(point string, step func() error) error {
		if point == "filetransfer.place" {
			temps, err := filepath.Glob(filepath.Join(dir, ".*.data.part"))
			if err != nil || len(temps) != 1 {
				t.Fatal(temps, err)
			}
			if err := os.Link(temps[0], filepath.Join(dir, two().Name)); err != nil {
				t.Fatal(err)
			}
			return stop
		}
		return step()
	}
	if _, err := x.Put(t.Context(), two()); erpbridge.KindOf(err) != erpbridge.InDoubt {
		t.Error(err)
	}
	y := open(t, announced(dir))
	if r := y.Find(t.Context(), two().Keys[0])[0]; r.Err != nil || r.Receipt.Ref != two().Name {
		t.Errorf("%+v", r)
	}
	if temps, _ := filepath.Glob(filepath.Join(dir, ".*.part")); len(temps) != 0 {
		t.Errorf("%q is left", temps)
	}
	if got := consume(t, dir, two()); len(got) != 1 {
		t.Errorf("%d files", len(got))
	}
}

// A daemon that was frozen before a step, and woken when another one had delivered what
// it was about, makes that one step and no other. Nothing comes twice, and the trigger
// not without its data.
func TestLateComer(t *testing.T) {
	points := map[string]bool{}
	for at := 1; ; at++ {
		dir := t.TempDir()
		late := open(t, announced(dir))
		made, taken := 0, []string(nil)
		ctx, stop := context.WithCancel(t.Context())
		late.do = func(point string, step func() error) error {
			if made++; made != at {
				return step()
			}
			points[point] = true
			x := open(t, announced(dir)) // the one the lease went to
			for i, key := range two().Keys {
				if r := x.Find(t.Context(), key)[0]; erpbridge.KindOf(r.Err) == erpbridge.Missing {
					f := File{Name: key[11:12] + ".xml", Body: two().Body, Keys: []string{key}}
					if at%2 == 0 {
						f = two() // or the very same file
					}
					put(t, x, f)
				} else if r.Err != nil {
					t.Errorf("document %d: %v", i, r.Err)
				}
			}
			taken = take(t, dir)
			stop()
			return step()
		}
		_, err := late.Put(ctx, two())
		stop()
		if err != nil && made < at {
			t.Fatal(err)
		}
		if made < at {
			break
		}
		if len(taken) != 1 && len(taken) != 2 {
			t.Errorf("frozen before step %d: the partner got %q", at, taken)
		}
		if left := visible(t, dir); len(left) != 0 {
			t.Errorf("frozen before step %d: after the partner took %q, there came %q", at, taken, left)
		}
		x := open(t, announced(dir))
		for _, r := range x.Find(t.Context(), two().Keys...) {
			if r.Err != nil {
				t.Errorf("frozen before step %d: %v", at, r.Err)
			}
		}
		if left := visible(t, dir); len(left) != 0 {
			t.Errorf("frozen before step %d: looked up, there came %q", at, left)
		}
	}
	if len(points) < 15 {
		t.Errorf("only %v", points)
	}
}

// take takes everything there is a trigger for.
func take(t *testing.T, dir string) []string {
	t.Helper()
	var taken []string
	for name := range visible(t, dir) {
		base, ok := strings.CutSuffix(name, ".trg")
		if !ok {
			continue
		}
		f := File{Name: base + ".xml"}
		consume(t, dir, f)
		taken = append(taken, f.Name)
	}
	return taken
}

// A machine that was suspended finds its timers where they stood.
func TestSuspended(t *testing.T) {
	x := open(t, announced(t.TempDir()))
	x.now = func() time.Time { return time.Now().Add(time.Hour) }
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if _, err := x.Put(ctx, two()); erpbridge.KindOf(err) != erpbridge.Transient || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
