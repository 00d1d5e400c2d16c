package fo

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

// The example of the documentation is a configuration that works, and its table of
// settings has every setting.
func TestDocumentation(t *testing.T) {
	text, settings := erptest.Manual(t, "fo")
	if _, err := New("fo", decodeYAML(settings), nil); err != nil {
		t.Error(err)
	}
	_, table, _ := strings.Cut(text, "### Settings of its own")
	table, _, _ = strings.Cut(table, "## What is guaranteed")
	for _, name := range []string{
		"url", "timeout", "ca_file", "auth.oauth2.scope", "legal_entity", "mode", "project", "activity_id", "headers", "lines", "lot_prefix", "changes", "long_po", "unknown_after", "lengths",
	} {
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("%s is not in the table", name)
		}
	}
}
