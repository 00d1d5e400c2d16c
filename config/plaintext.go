package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

// loopback reports whether host is this machine: a name or address of the
// loopback interface, or the path of a unix socket.
func loopback(host string) bool {
	if host == "localhost" || strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.Unmap().IsLoopback()
}

var encrypted = map[string]bool{"require": true, "verify-ca": true, "verify-full": true}

// checkDatabaseURL returns what is wrong with a PostgreSQL connection string.
// Its errors repeat nothing of it.
func checkDatabaseURL(dsn string, insecure bool) error {
	hosts, sslmode, err := splitDSN(dsn)
	if err != nil {
		return err
	}
	switch {
	case encrypted[sslmode]:
		return nil
	case sslmode != "" && sslmode != "disable" && sslmode != "allow" && sslmode != "prefer":
		return errors.New("unknown sslmode; use verify-full")
	case insecure:
		return nil
	}
	for _, host := range hosts {
		if loopback(host) {
			continue
		}
		if sslmode == "" {
			sslmode = "prefer, its default,"
		}
		return fmt.Errorf("sslmode %s lets the connection to another machine be plaintext; use verify-full, or say insecure: true", sslmode)
	}
	return nil
}

var pair = regexp.MustCompile(`^\s*([a-z_]+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)*)(?:\s|$)`)

// splitDSN takes hosts and sslmode out of a connection URL or key-value string.
func splitDSN(dsn string) (hosts []string, sslmode string, err error) {
	if !strings.Contains(dsn, "://") {
		return splitPairs(dsn)
	}
	scheme, rest, _ := strings.Cut(dsn, "://")
	if scheme != "postgres" && scheme != "postgresql" {
		return nil, "", errors.New("want a URL that begins with postgres://")
	}
	// libpq allows several hosts with ports, which net/url does not: they are cut
	// out before the rest is parsed.
	authority := rest
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority = rest[:i]
	}
	credentials, list := "", authority
	if i := strings.LastIndex(authority, "@"); i >= 0 {
		credentials, list = authority[:i+1], authority[i+1:]
	}
	u, err := url.Parse(scheme + "://" + credentials + "host" + rest[len(authority):])
	if err != nil {
		return nil, "", errors.New("not a valid URL; are all special characters of the password percent-encoded?")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, "", errors.New("not a valid URL: the part after the question mark is broken")
	}
	if h := query.Get("host"); h != "" {
		list = h
	}
	hosts, err = splitHosts(list)
	return hosts, query.Get("sslmode"), err
}

// splitPairs reads a key-value string such as "host=/run/postgresql dbname=erp".
func splitPairs(dsn string) (hosts []string, sslmode string, err error) {
	settings := make(map[string]string)
	for strings.TrimSpace(dsn) != "" {
		m := pair.FindStringSubmatch(dsn)
		if m == nil {
			return nil, "", errors.New("neither a URL that begins with postgres:// nor pairs of key=value")
		}
		settings[m[1]] = strings.Trim(m[2], "'")
		dsn = dsn[len(m[0]):]
	}
	hosts, err = splitHosts(settings["host"])
	return hosts, settings["sslmode"], err
}

// splitHosts returns the hosts of a list without their ports. A host that is not
// named would be taken from PGHOST, unseen by the checks here.
func splitHosts(list string) ([]string, error) {
	var hosts []string
	for host := range strings.SplitSeq(list, ",") {
		if unescaped, err := url.PathUnescape(host); err == nil {
			host = unescaped
		}
		if inner, _, ok := strings.Cut(strings.TrimPrefix(host, "["), "]"); ok && strings.HasPrefix(host, "[") {
			host = inner
		} else if strings.Count(host, ":") == 1 {
			host, _, _ = strings.Cut(host, ":")
		}
		if host == "" {
			return nil, errors.New("names no host; a unix socket is host=/run/postgresql")
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}

// checkBrokerURL returns what is wrong with an AMQP URL. Its errors repeat
// nothing of it.
func checkBrokerURL(raw string, insecure bool) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errors.New("not a valid URL; are all special characters of the password percent-encoded?")
	case u.Scheme != "amqp" && u.Scheme != "amqps":
		return errors.New("want a URL that begins with amqps:// or amqp://")
	case u.Hostname() == "":
		return errors.New("names no host")
	case u.Scheme == "amqp" && !insecure && !loopback(u.Hostname()):
		return errors.New("amqp:// to another machine is plaintext; use amqps://, or say insecure: true")
	}
	return nil
}

// checkManagementURL returns what is wrong with the address of RabbitMQ's management
// API. Its errors repeat nothing of it.
func checkManagementURL(raw string, insecure bool) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errors.New("not a valid URL; are all special characters of the password percent-encoded?")
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("want a URL that begins with https:// or http://")
	case u.Hostname() == "":
		return errors.New("names no host")
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("want an address without a query, such as https://mq.example.com:15671")
	case u.Scheme == "http" && !insecure && !loopback(u.Hostname()):
		return errors.New("http:// to another machine is plaintext; use https://, or say insecure: true")
	}
	return nil
}
