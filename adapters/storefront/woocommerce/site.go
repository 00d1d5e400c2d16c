package woocommerce

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// A site is the address of a shop, as far as it tells shops apart.
type site struct{ scheme, host, path string }

// parseSite reads an address. The case of scheme and host, a default port and slashes at
// the end make no difference; a query, a fragment or a user make it something else.
func parseSite(text string) (site, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return site{}, false
	}
	s := site{strings.ToLower(u.Scheme), lower(u.Host), strings.TrimRight(u.EscapedPath(), "/")}
	switch s.scheme {
	case "https":
		s.host = strings.TrimSuffix(s.host, ":443")
	case "http":
		s.host = strings.TrimSuffix(s.host, ":80")
	default:
		return site{}, false
	}
	return s, true
}

// lower folds ASCII only: a long s is not an s in a host's name.
func lower(host string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'A' && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, host)
}

// openSite reads the setting.
func openSite(text string) (site, error) {
	if text == "" {
		return site{}, errors.New(`site: is not set; write the shop's address, such as "https://shop.example.com"`)
	}
	s, ok := parseSite(text)
	if !ok {
		return site{}, fmt.Errorf(`site: %q is not the address of a shop; write one such as "https://shop.example.com"`, text)
	}
	return s, nil
}
