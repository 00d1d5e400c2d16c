package config

import (
	"fmt"
	"net"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Validate checks everything that can be known without an adapter and without a
// connection: that names are unique and refer to something, that numbers make
// sense together, that nothing travels in plaintext unless allowed. Load and
// Parse have done it; it is for a Config that was changed or made by hand. The
// error is of type Errors.
func (c *Config) Validate() error {
	r := &report{file: "configuration"}
	if c.origin != nil {
		r.file = c.origin("").file
	}
	c.check(r)
	return r.errors.sorted()
}

func (c *Config) check(r *report) {
	k := &checker{report: r, origin: c.origin}
	c.checkServers(k)
	c.checkNeighbours(k)
	c.checkRoutes(k)
	if !money.MatchString(c.Tolerance) {
		k.in("").complain("tolerance", `want an amount of money such as "0.00" or "0.02"`)
	}
	if c.Alerts.given || c.Alerts.Enabled() {
		c.Alerts.check(k)
	}
	in := k.in("log")
	in.oneOf("level", c.Log.Level, "debug", "info", "warn", "error")
	in.oneOf("format", c.Log.Format, "json", "console")
}

var (
	money  = regexp.MustCompile(`^[0-9]{1,19}(\.[0-9]{1,19})?$`)
	named  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)
	prefix = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,39}$`)
)

func (c *Config) checkServers(k *checker) {
	in := k.in("database")
	switch err := checkDatabaseURL(c.Database.URL.Reveal(), c.Database.Insecure); {
	case c.Database.URL == "":
		in.required("url")
	case err != nil:
		in.complain("url", "%v", err)
	}

	in = k.in("broker")
	switch {
	case len(c.Broker.URLs) == 0:
		in.required("url")
	case c.Broker.URL != "" && !slices.Equal(c.Broker.URLs, []Secret{c.Broker.URL}):
		in.complain("urls", "give either url or urls")
	}
	for i, u := range c.Broker.URLs {
		key := "urls[" + strconv.Itoa(i) + "]"
		if c.Broker.URL != "" {
			key = "url"
		}
		if err := checkBrokerURL(u.Reveal(), c.Broker.Insecure); err != nil {
			in.complain(key, "%v", err)
		}
	}
	if c.Broker.Management != "" {
		if err := checkManagementURL(c.Broker.Management.Reveal(), c.Broker.Insecure); err != nil {
			in.complain("management", "%v", err)
		}
	}
	if !prefix.MatchString(c.Broker.Prefix) {
		in.complain("prefix", "want at most 40 of a-z, 0-9, dot, underscore and hyphen")
	}

	in = k.in("http")
	if _, err := listenPort(c.HTTP.Listen); err != nil {
		in.complain("listen", "%v", err)
	}
	in.upTo("concurrency", int64(c.HTTP.Concurrency), 1_000_000)
	in.upTo("connections", int64(c.HTTP.Connections), 1_000_000)
	if c.HTTP.MaxBody < 1<<10 || c.HTTP.MaxBody > 15<<20 {
		in.complain("max_body", "want from 1KiB to 15MiB, found %v", c.HTTP.MaxBody)
	}
}

func listenPort(address string) (int, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0, fmt.Errorf("want host:port, such as 127.0.0.1:8080")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("want a port from 0 to 65535")
	}
	return int(n), nil
}

func (c *Config) checkNeighbours(k *checker) {
	if len(c.Stores) == 0 {
		k.in("").required("stores")
	}
	if len(c.Targets) == 0 {
		k.in("").required("targets")
	}
	for i, s := range c.Stores {
		path := fmt.Sprintf("stores[%d]", i)
		k.neighbour(path, s.Neighbour, c.storeNames()[:i])
		if k.sound(path) {
			s.Poll.check(k, path+".poll")
		}
	}
	for i, t := range c.Targets {
		path := fmt.Sprintf("targets[%d]", i)
		k.neighbour(path, t.Neighbour, c.targetNames()[:i])
		if k.sound(path) {
			t.Delivery.check(k, path+".delivery")
		}
		if k.given(path+".delivery.retry.schedule") && (k.given(path+".delivery.retry.first") || k.given(path+".delivery.retry.max")) {
			k.in(path).complain("delivery.retry.schedule", "schedule takes the place of first and max; give one or the other")
		}
	}
}

func (k *checker) neighbour(path string, n Neighbour, earlier []string) {
	in := k.in(path)
	switch {
	case n.Name == "":
		in.required("name")
	case !named.MatchString(n.Name):
		in.suggest("name", tidyName(in.found("name", n.Name)), "want at most 40 of a-z, 0-9 and hyphens, without a hyphen at either end")
	case slices.Contains(earlier, n.Name):
		in.complain("name", "the name %s is taken", in.found("name", n.Name))
	}
	if n.Kind == "" {
		in.required("kind")
	}
}

// tidyName returns a name that would be allowed and looks like name, or "".
func tidyName(name string) string {
	if len(name) > 60 {
		return ""
	}
	tidy := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(name), "-"), "-")
	if !named.MatchString(tidy) {
		return ""
	}
	return tidy
}

func (a Alerts) check(k *checker) {
	in := k.in("alerts")
	if a.From == "" {
		in.required("from")
	} else if _, err := mail.ParseAddress(a.From); err != nil {
		in.complain("from", "not a mail address")
	}
	if len(a.To) == 0 {
		in.required("to")
	}
	for i, to := range a.To {
		if _, err := mail.ParseAddress(to); err != nil {
			in.complain("to["+strconv.Itoa(i)+"]", "not a mail address")
		}
	}
	in.positive("every", a.Every)
	if strings.ContainsFunc(a.SubjectPrefix, func(c rune) bool { return c < 0x20 || c == 0x7f }) || len(a.SubjectPrefix) > 60 {
		in.complain("subject_prefix", "want one line of at most 60 characters")
	}

	in = k.in("alerts.smtp")
	if a.SMTP.Host == "" {
		in.required("host")
	}
	in.upTo("port", int64(a.SMTP.Port), 65535)
	in.oneOf("tls", a.SMTP.TLS, "mandatory", "opportunistic", "none")
	if a.SMTP.TLS == "none" && a.SMTP.Host != "" && !loopback(a.SMTP.Host) {
		in.complain("tls", "none is plaintext, which is allowed to this machine only")
	}
	switch {
	case a.SMTP.Username != "" && a.SMTP.Password == "":
		in.required("password")
	case a.SMTP.Username == "" && a.SMTP.Password != "":
		in.required("username")
	}
}
