package filetransfer

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

// two is a file of two documents.
func two() File {
	return File{
		Name: "shop_ORDERS05_20261123T101500Z_0a1b2c3d.xml", Body: []byte("<IDOCS>" + strings.Repeat("<IDOC/>", 500) + "</IDOCS>"),
		Keys: []string{"shop/order/1/v1", "shop/order/2/v1"}, Count: 2, Totals: map[string]string{"amount EUR": "129.90"},
	}
}

// announced are settings with everything that can be visible.
func announced(dir string) Config {
	return Config{Dir: dir, Trigger: "{base}.trg", Manifest: "{name}.json"}
}

// child delivers a file and kills itself before a step.
func child() int {
	at, err := strconv.Atoi(os.Getenv("FILETRANSFER_CHILD"))
	if err != nil {
		return 2
	}
	t, err := Open(announced(os.Getenv("FILETRANSFER_DIR")))
	if err != nil {
		return 2
	}
	made := 0
	t.do = func(point string, step func() error) error {
		if made++; made == at {
			fmt.Println(point)
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		return step()
	}
	if _, err := t.Put(context.Background(), two()); err != nil {
		fmt.Println(err)
		return 2
	}
	return 0
}

// visible returns what a partner sees in a folder.
func visible(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		body, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(body)
	}
	return files
}

// consume takes a file away as a partner does that waits for the trigger, and returns
// the data it got.
func consume(t *testing.T, dir string, f File) []string {
	t.Helper()
	var got []string
	files := visible(t, dir)
	tr := expand("{base}.trg", f.Name)
	if _, ok := files[tr]; !ok {
		return nil
	}
	if _, ok := files[f.Name]; !ok {
		t.Errorf("a trigger without its data: %q", files)
	}
	if _, ok := files[f.Name+".json"]; !ok {
		t.Errorf("a trigger without its manifest: %q", files)
	}
	got = append(got, files[f.Name])
	for _, name := range []string{f.Name, tr, f.Name + ".json"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	return got
}

// Wherever the process dies, the next one delivers exactly once what is not delivered,
// whether or not the partner has taken it meanwhile, and however it is asked to.
func TestKilledAtEachStep(t *testing.T) {
	recoveries := map[string]func(*testing.T, *Transfer){
		"looked up": func(t *testing.T, x *Transfer) {
			for i, r := range x.Find(t.Context(), two().Keys...) {
				if erpbridge.KindOf(r.Err) == erpbridge.Missing {
					put(t, x, two())
				} else if r.Err != nil {
					t.Errorf("document %d: %v", i, r.Err)
				}
			}
		},
		"put again": func(t *testing.T, x *Transfer) { put(t, x, two()) },
		"put one by one": func(t *testing.T, x *Transfer) {
			for i, key := range two().Keys {
				f := File{Name: fmt.Sprintf("single_%d.xml", i), Body: []byte("<IDOC/>"), Keys: []string{key}}
				_, err := x.Put(t.Context(), f)
				if erpbridge.KindOf(err) == erpbridge.InDoubt {
					err = x.Find(t.Context(), key)[0].Err
				}
				if err != nil {
					t.Error(err)
				}
			}
		},
	}
	erptest.Serial(t)
	points := make(map[string]bool)
	for at, died := 1, true; died; at++ {
		left, point := t.TempDir(), ""
		point, died = killed(t, left, at)
		points[point] = true
		for how, recover := range recoveries {
			for _, consumed := range []bool{false, true} {
				dir := t.TempDir()
				if err := os.CopyFS(dir, os.DirFS(left)); err != nil {
					t.Fatal(err)
				}
				if diff := aftermath(t, dir, recover, consumed, how == "put one by one"); diff != "" {
					t.Errorf("killed before step %d, %s; %s, consumed %t: %s", at, point, how, consumed, diff)
				}
			}
		}
	}
	for _, point := range []string{
		"temp.create", "temp.write", "temp.sync", "temp.verify", "temp.names", "key.create", "key.claim", "entry.create", "entry.write", "entry.sync",
		"entry.claim", "journal.make", "journal.sync", "place", "place.sync", "manifest", "manifest.sync", "trigger", "trigger.sync",
	} {
		if !points["filetransfer."+point] {
			t.Errorf("no process was killed before filetransfer.%s", point)
		}
	}
}

// aftermath recovers what a process left in a folder, with or without a partner that takes
// files meanwhile, and says what is wrong then. The documents may have come apart.
func aftermath(t *testing.T, dir string, recover func(*testing.T, *Transfer), consumed, mayPart bool) string {
	t.Helper()
	var got []string
	if consumed {
		got = consume(t, dir, two())
	}
	x := open(t, announced(dir))
	recover(t, x)
	got = append(got, consume(t, dir, two())...)
	left := visible(t, dir)
	apart := mayPart && len(got) == 0 && len(left) == 6 && left["single_0.xml"] == "<IDOC/>" && left["single_1.xml"] == "<IDOC/>"
	if !apart {
		if diff := cmp.Diff([]string{string(two().Body)}, got); diff != "" || len(left) != 0 {
			return fmt.Sprintf("the partner got %d files, and there are %d", len(got), len(left))
		}
	}
	// Whoever asks later hears of it, and nothing comes again.
	for _, r := range x.Find(t.Context(), two().Keys...) {
		if r.Err != nil {
			return r.Err.Error()
		}
	}
	if diff := cmp.Diff(left, visible(t, dir)); diff != "" {
		return "a second time:\n" + diff
	}
	return ""
}

// killed runs a process that kills itself before a step, and reports at which point and
// whether it came so far.
func killed(t *testing.T, dir string, at int) (string, bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("FILETRANSFER_CHILD=%d", at), "FILETRANSFER_DIR="+dir)
	out, err := cmd.Output()
	if err == nil {
		return "", false
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out)), true
}

func open(t *testing.T, conf Config) *Transfer {
	t.Helper()
	x, err := Open(conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func put(t *testing.T, x *Transfer, f File) erpbridge.Receipt {
	t.Helper()
	r, err := x.Put(t.Context(), f)
	if err != nil {
		t.Errorf("%s: %v", f.Name, err)
	}
	return r
}
