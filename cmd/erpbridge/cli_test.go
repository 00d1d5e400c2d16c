package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/internal/testenv"
)

// command runs the program in this process.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = execute(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// file writes a file of the test's own.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPreview(t *testing.T) {
	orders := filepath.Join("..", "..", "testdata", "orders")
	taxed := filepath.Join(orders, "taxed.json")
	for _, c := range []struct {
		name, topic, file string
		code              int
		status, reason    string
	}{
		{"documents", "orders/create", taxed, exitOK, "documents", ""},
		{"does not add up", "orders/create", filepath.Join(orders, "does-not-add-up.json"), exitHeld, "held", "the difference is "},
		{"broken JSON", "orders/create", file(t, "broken.json", `{"id": 1,`), exitInvalid, "invalid", "normalizing"},
		{"another topic", "themes/publish", taxed, exitIgnored, "ignored", "themes/publish"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := t.TempDir()
			args := []string{"preview", "-c", netsuiteConfig, "--store", "shopify", "--topic", c.topic, "--out", out, c.file}
			code, stdout, stderr := command(t, append(args, "-o", "json")...)
			if code != c.code || stderr != "" {
				t.Errorf("exit code %d, want %d; stderr: %q", code, c.code, stderr)
			}
			var res map[string]any
			if err := json.Unmarshal([]byte(stdout), &res); err != nil {
				t.Fatalf("%v: %s", err, stdout)
			}
			reason, _ := res["reason"].(string)
			if res["status"] != c.status || !strings.Contains(reason, c.reason) || (c.reason == "") != (reason == "") {
				t.Errorf("status %v, reason %q; want %s, %q", res["status"], reason, c.status, c.reason)
			}
			docs, ok := res["documents"].([]any)
			if !ok || (len(docs) > 0) != (c.code == exitOK) {
				t.Fatalf("documents: %v", res["documents"])
			}
			for _, d := range docs {
				for _, field := range []string{"target", "kind", "key", "file"} {
					if s, _ := d.(map[string]any)[field].(string); s == "" {
						t.Errorf("a document without %s: %v", field, d)
					}
				}
				if _, err := os.Stat(d.(map[string]any)["file"].(string)); err != nil {
					t.Error(err)
				}
			}
			if code, text, _ := command(t, args...); code != c.code || !strings.Contains(text, c.reason) {
				t.Errorf("as text: exit code %d: %s", code, text)
			}
		})
	}
}

func TestPreviewNamesTheDifference(t *testing.T) {
	_, stdout, _ := command(t, "preview", "-c", netsuiteConfig, "-o", "json", "--store", "shopify", "--topic", "orders/create",
		filepath.Join("..", "..", "testdata", "orders", "does-not-add-up.json"))
	if !regexp.MustCompile(`the difference is -?\d+\.\d\d `).MatchString(stdout) {
		t.Errorf("no amount is named: %s", stdout)
	}
}

func TestWrongArguments(t *testing.T) {
	for _, c := range []struct {
		name, stderr string
		args         []string
	}{
		{"unknown flag", "--nonsense", []string{"version", "--nonsense"}},
		{"unknown command", `no command "erpbridge stauts" (did you mean status?)`, []string{"stauts"}},
		{"unknown command of a command", `no command "erpbridge dead lsit" (did you mean list?)`, []string{"dead", "lsit"}},
		{"unknown command of a command, with flags", `no command "erpbridge xref imprt"`, []string{"xref", "-o", "json", "imprt", "x.csv"}},
		{"no store", "--store", []string{"preview", "-c", netsuiteConfig, "x.json"}},
		{"a number and none", `"x" is not a number`, []string{"dead", "discard", "1", "x", "--reason", "r", "-c", netsuiteConfig}},
		{"a blank reason", "--reason", []string{"held", "discard", "1", "--reason", " ", "-c", netsuiteConfig}},
		{"no lines", "--limit", []string{"dead", "list", "--limit", "0", "-c", netsuiteConfig}},
		{"fewer than no lines", "--limit", []string{"held", "list", "--limit", "-1", "-c", netsuiteConfig}},
		{"named, and chosen", "--all", []string{"held", "retry", "1", "--store", "shopify", "-c", netsuiteConfig}},
		{"a pause of no time", "--for", []string{"target", "pause", "netsuite", "--reason", "r", "--for", "0s", "-c", netsuiteConfig}},
		{"unknown output", "text or json", []string{"version", "-o", "xml"}},
		{"discard without a reason", "--reason", []string{"dead", "discard", "1", "-c", netsuiteConfig}},
		{"no number", "dead show", []string{"dead", "show"}},
		{"no file", "preview", []string{"preview", "--store", "shopify", "--topic", "orders/create"}},
		{"unknown store", `no store "elsewhere"`, []string{"preview", "-c", netsuiteConfig, "--store", "elsewhere", "--topic", "orders/create", "x.json"}},
		{"unknown target", `no target "elsewhere"`, []string{"preview", "-c", netsuiteConfig, "--store", "shopify", "--target", "elsewhere", "--topic", "orders/create", "x.json"}},
		{"no configuration", "absent.yaml", []string{"check", "-c", "absent.yaml"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := command(t, c.args...)
			if code != exitUsage || !strings.Contains(stderr, c.stderr) || stdout != "" {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
			}
		})
	}
}

func TestBadConfiguration(t *testing.T) {
	path := file(t, "bad.yaml", `database: {url: "postgres://u:hush-database@127.0.0.1/x", developmnt: true}
broker: {url: "amqp://u:hush-broker@127.0.0.1/"}
tolerance: "much"
stores:
  - {name: shop, kind: shopify, shop: s.myshopify.com, secrets: [hush-shop-secret], nonsense: 1}
targets:
  - {name: erp, kind: abacus}
`)
	code, stdout, stderr := command(t, "check", "-c", path)
	if code != exitUsage || stdout != "" {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
	for _, want := range []string{"developmnt", "tolerance", "nonsense", "abacus"} {
		line := regexp.MustCompile(`bad\.yaml:\d+:\d+:.*` + want)
		if !line.MatchString(stderr) {
			t.Errorf("no file:line:column for %s", want)
		}
	}
	if strings.Contains(stderr, "hush") {
		t.Error("a secret is printed")
	}
	if t.Failed() {
		t.Log(stderr)
	}
}

func TestVersion(t *testing.T) {
	if code, stdout, _ := command(t, "version"); code != exitOK || stdout != "erpbridge "+version+"\n" {
		t.Errorf("exit code %d: %q", code, stdout)
	}
	code, stdout, _ := command(t, "version", "-o", "json")
	var got map[string]string
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitOK || got["version"] != version {
		t.Errorf("exit code %d: %q: %v", code, stdout, err)
	}
}

// The example is what people copy: the adapters must take it as well.
func TestExampleIsAccepted(t *testing.T) {
	code, stdout, _ := command(t, "check", "--example")
	if code != exitOK || stdout != config.Example() {
		t.Fatalf("exit code %d, %d bytes", code, len(stdout))
	}
	conf, err := config.Load(file(t, "erpbridge.yaml", stdout), config.ExampleEnv)
	if err != nil {
		t.Fatal(err)
	}
	n, err := meet(conf, noReferences)
	if err != nil {
		t.Fatal(err)
	}
	if len(n.stores) == 0 || len(n.targets) == 0 {
		t.Errorf("%d stores, %d targets", len(n.stores), len(n.targets))
	}
	if _, err := lay(conf, n); err != nil {
		t.Error(err)
	}
}

func TestGen(t *testing.T) {
	for what, names := range map[string][]string{
		"man":        {"erpbridge.1", "erpbridge-run.1", "erpbridge-dead-discard.1"},
		"completion": {"erpbridge.bash", "_erpbridge", "erpbridge.fish"},
	} {
		t.Run(what, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new")
			if code, _, stderr := command(t, "gen", what, dir); code != exitOK {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			for _, name := range names {
				if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

func TestMigrateAndStatus(t *testing.T) {
	text, err := os.ReadFile(netsuiteConfig)
	if err != nil {
		t.Fatal(err)
	}
	url, prefix := testenv.AMQP(t)
	servers := regexp.MustCompile(`(?m)^database:.*\nbroker:.*$`)
	path := file(t, "erpbridge.yaml", servers.ReplaceAllLiteralString(string(text),
		fmt.Sprintf("database: {url: %q}\nbroker: {url: %q, prefix: %s}", testenv.Database(t), url, prefix)))

	if code, _, stderr := command(t, "status", "-c", path); code != exitFailed || !strings.Contains(stderr, "run erpbridge migrate") {
		t.Errorf("status before migrate: exit code %d: %s", code, stderr)
	}
	var version float64
	for i, name := range []string{"first", "again"} {
		code, stdout, stderr := command(t, "migrate", "-c", path, "-o", "json")
		var got struct {
			Applied []int64
			Version float64
			Broker  struct{ Made, Present []string }
		}
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitOK {
			t.Fatalf("migrate %s: exit code %d: %s %s: %v", name, code, stdout, stderr, err)
		}
		if (len(got.Applied) > 0) != (i == 0) || got.Version == 0 || (i > 0 && got.Version != version) {
			t.Errorf("migrate %s: %s", name, stdout)
		}
		if (len(got.Broker.Made) > 0) != (i == 0) || (len(got.Broker.Present) > 0) != (i > 0) {
			t.Errorf("migrate %s: at the broker %+v", name, got.Broker)
		}
		version = got.Version
	}
	code, stdout, stderr := command(t, "status", "-c", path, "-o", "json")
	var got statusReport
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitOK {
		t.Fatalf("status: exit code %d: %s %s: %v", code, stdout, stderr, err)
	}
	if !got.Balanced || got.Accepted != 0 || got.Sum() != 0 || got.OpenDeadLetters != 0 {
		t.Errorf("not a balanced, empty ledger: %s", stdout)
	}
}
