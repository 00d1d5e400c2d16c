package config_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hakooi/erpbridge/config"
)

// envCanary is the value of every environment variable while fuzzing.
const envCanary = "Kanarienvogel/hunter2"

// Whatever a file holds: reading it ends, it ends with a Config or with errors
// that say where, and the value of a secret is in none of them.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, seed := range []string{config.Example(), smallest, mapped, "a: !!binary aGk=", "? ? ? a", "&a [*a, *a]", "%YAML 1.2\n---\n{}", "\ufeffa: b", "- - - -", "{a: {b: {c: *d}}}", "a: |2\n   x\n", "\"\\ud800\"", "a: ${A}${B:-}$${"} {
		f.Add([]byte(seed))
	}
	env := func(name string) (string, bool) { return envCanary, name != "UNSET" }
	dir := f.TempDir() // so that file: finds nothing here
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.Parse("f", data, dir, env)
		if c == nil && err == nil {
			t.Fatal("neither Config nor error")
		}
		var es config.Errors
		if err != nil && !errors.As(err, &es) {
			t.Fatalf("%T", err)
		}
		for _, e := range es {
			if e.Message == "" || (e.Line > 0) != (e.Column > 0) {
				t.Errorf("%#v", e)
			}
			if !utf8.ValidString(e.Error()) {
				t.Errorf("not UTF-8: %q", e.Error())
			}
		}
		if c == nil {
			return
		}
		errs := []error{err}
		for _, n := range c.Stores {
			errs = append(errs, n.Wrap(n.Decode(&shop{})))
		}
		for _, n := range c.Targets {
			errs = append(errs, n.Wrap(n.Decode(&erp{})))
		}
		asJSON, jsonErr := json.Marshal(c.Database)
		if jsonErr != nil {
			t.Fatal(jsonErr)
		}
		if err := config.Join(errs...); err != nil && strings.Contains(err.Error(), envCanary) {
			t.Errorf("shown: %v", err)
		}
		if strings.Contains(string(asJSON), envCanary) {
			t.Errorf("shown: %s", asJSON)
		}
	})
}
