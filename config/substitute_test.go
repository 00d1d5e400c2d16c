package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestResolve(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"unix": "secret\n", "windows": "secret\r\n", "two": "secret\n\n", "none": "secret", "lines": "a\nb\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := source{dir: dir, env: func(name string) (string, bool) {
		v, ok := map[string]string{
			"A": "a", "EMPTY": "", "DIR": dir, "TRICK": "file:/etc/passwd", "NESTED": "${A}", "YAML": "x\"}\nlog: {level: debug} # ",
		}[name]
		return v, ok
	}}
	tests := []struct {
		raw, want string
		taken     bool
	}{
		{"plain", "plain", false},
		{"", "", false},
		{"$", "$", false},
		{"$A and $$A", "$A and $$A", false},
		{"${A}", "a", true},
		{"x${A}y${A}z", "xayaz", true},
		{"${EMPTY}", "", true},
		{"${EMPTY:-b}", "b", false},
		{"${NONE:-b}", "b", false},
		{"${NONE:-}", "", false},
		{"${NONE:-a:-b}", "a:-b", false},
		{"$${A}", "${A}", false},
		{"$$${A}", "$${A}", false},
		{"$${", "${", false},
		{"x}", "x}", false},
		{"${NESTED}", "${A}", true},
		{"${YAML}", "x\"}\nlog: {level: debug} # ", true},
		{"${TRICK}", "file:/etc/passwd", true}, // the environment cannot make us read files
		{"x file:unix", "x file:unix", false},
		{"file:unix", "secret", true},
		{"file:windows", "secret", true},
		{"file:two", "secret\n", true},
		{"file:none", "secret", true},
		{"file:lines", "a\nb", true},
		{"file:${DIR}/unix", "secret", true},
		{"file:../" + filepath.Base(dir) + "/unix", "secret", true},
	}
	for _, tt := range tests {
		got, taken, err := s.resolve(tt.raw)
		if err != nil || got != tt.want || taken != tt.taken {
			t.Errorf("%q: got %q, %v, %v; want %q, %v", tt.raw, got, taken, err, tt.want, tt.taken)
		}
	}
	for _, raw := range []string{"${NONE}", "${", "${}", "${A", "${A-b}", "${1A}", "${A:}", "pa${ss}word", "file:", "file:absent", "file:.", "file:/dev/zero", "file:${NONE}"} {
		got, _, err := s.resolve(raw)
		if err == nil {
			t.Errorf("%q: got %q, want an error", raw, got)
		} else if strings.Contains(err.Error(), "word") {
			t.Errorf("%q: the error repeats the value: %v", raw, err)
		}
	}
}

// What a variable holds is one value, whatever YAML it looks like.
func TestSubstitutionCannotInject(t *testing.T) {
	env := func(string) (string, bool) { return "debug}\nbroker: {url: \"amqp://evil\"}\n# *x &y !z", true }
	_, err := Parse("f", []byte("log: {level: \"${X}\"}\n"), ".", env)
	want := "f:1:14: log.level: want one of debug, info, warn, error"
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "evil") {
		t.Errorf("got %v", err)
	}
}
