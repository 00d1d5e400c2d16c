package main

import (
	_ "embed"
	"net"
	"os"
	"strings"
	"text/template"
)

// knownItems are the items the simulated NetSuite knows. brokenItem is not one of
// them: the demo's mapping points there by mistake, once.
var knownItems = []string{"100", "101", "102", "103", "104", "105", "106", "107", "110"}

const (
	brokenItem = "999"
	goodItem   = "110"
)

//go:embed erpbridge.yaml.tmpl
var settings string

// configure writes the daemon's configuration, in which sku is mapped to item.
func (h *house) configure(sku, item string) error {
	t, err := template.New("erpbridge.yaml").Option("missingkey=error").Parse(settings)
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(h.sim.SMTPAddr)
	if err != nil {
		return err
	}
	shops := map[string]any{}
	for _, s := range h.shops() {
		shops[s.name] = map[string]string{"Secret": s.secret, "API": s.apiURL, "Topics": strings.Join(s.topics, ", ")}
	}
	var b strings.Builder
	if err := t.Execute(&b, map[string]any{
		"Listen": h.listen, "Prefix": prefix, "Secret": h.secret, "URL": h.sim.NetSuiteURL, "Token": h.token,
		"SKU": sku, "Item": item, "Shops": shops, "Public": publicAddress, "SMTPHost": host, "SMTPPort": port,
	}); err != nil {
		return err
	}
	return os.WriteFile(h.config, []byte(b.String()), 0o600)
}
