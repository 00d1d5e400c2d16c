package config_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge/config"
)

var update = flag.Bool("update", false, "rewrite the expected messages in testdata")

// canary is the value of every secret in testdata. It must never be seen.
const canary = "hunter2-is-my-secret"

func testEnv(name string) (string, bool) {
	value, ok := map[string]string{"SECRET": canary}[name]
	return value, ok
}

// shop and erp are settings as adapters have them, secret types of their own
// among them.
type shop struct {
	Secrets  []hidden `yaml:"secrets"`
	TimeZone string   `yaml:"time_zone"`
}

type erp struct {
	Account     string            `yaml:"account"`
	TokenSecret hidden            `yaml:"token_secret"`
	Concurrency uint8             `yaml:"concurrency"`
	Since       time.Time         `yaml:"since"`
	Items       map[string]string `yaml:"items"`
	Retries     int8              `yaml:"retries"`
	Anything    any               `yaml:"anything"`
	Optional    *int              `yaml:"optional"`
	unexported  string
	Skipped     string `yaml:"-"`
}

type hidden string

func (hidden) String() string { return "hidden" }

// openShop does what an adapter's New does.
func openShop(n config.Neighbour) error {
	var conf shop
	if err := n.Decode(&conf); err != nil {
		return fmt.Errorf("storefront %q: %w", n.Name, err)
	}
	var zone, secrets error
	if conf.TimeZone != "" {
		zone = fmt.Errorf("time_zone: %q is not known here", conf.TimeZone)
	}
	if len(conf.Secrets) == 0 {
		secrets = errors.New("secrets: there is none")
	}
	for i, s := range conf.Secrets {
		if len(s) < 16 {
			secrets = fmt.Errorf("secrets[%d]: too short, unlike %s", i, string(conf.Secrets[0]))
		}
	}
	if err := errors.Join(zone, secrets); err != nil {
		return fmt.Errorf("storefront %q: %w", n.Name, err)
	}
	return nil
}

// open reads a file and opens its neighbours, as the daemon does.
func open(path string) (*config.Config, error) {
	c, err := config.Load(path, testEnv)
	if c == nil {
		return nil, err
	}
	errs := []error{err}
	for _, n := range c.Stores {
		switch n.Kind {
		case "shopify":
			errs = append(errs, n.Wrap(openShop(n.Neighbour)))
		case "":
		default:
			errs = append(errs, n.Errorf("kind: there is no storefront of kind %q", n.Kind))
		}
	}
	for _, t := range c.Targets {
		errs = append(errs, t.Wrap(t.Decode(&erp{})))
	}
	return c, config.Join(errs...)
}

// Each testdata/<case>.yml is a broken configuration; <case>.txt is what a
// person is told about it.
func TestBrokenConfigurations(t *testing.T) {
	dir := t.TempDir()
	writeSecretFiles(t, dir)
	files, err := filepath.Glob("testdata/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 40 {
		t.Fatalf("found %d broken configurations", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			copied := filepath.Join(dir, filepath.Base(file))
			if err := os.WriteFile(copied, data, 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := open(copied)
			if err == nil {
				t.Fatalf("accepted: %v", c)
			}
			var es config.Errors
			if !errors.As(err, &es) {
				t.Fatalf("got %T, want Errors", err)
			}
			got := strings.NewReplacer(dir+string(filepath.Separator), "", dir, "testdata").Replace(err.Error()) + "\n"
			if strings.Contains(got, "hunter2") {
				t.Errorf("a secret is shown:\n%s", got)
			}
			golden := strings.TrimSuffix(file, ".yml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

// writeSecretFiles makes the files that some of testdata refers to and that are
// not fit to be kept there.
func writeSecretFiles(t *testing.T, dir string) {
	t.Helper()
	for name, content := range map[string]string{
		"empty.secret":  "\n",
		"large.secret":  strings.Repeat("x", 64<<10+1),
		"binary.secret": "\xff\xfe\x00",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
