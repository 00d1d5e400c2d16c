package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// Files is a Source of files in one folder and below it; locations are paths within
// it, with slashes. What a document refers to by a URL is looked for beside it, under
// the last part of that URL.
type Files struct{ Root *os.Root }

// Resolve implements Source.
func (f Files) Resolve(from, location string) (string, error) {
	u, err := url.Parse(location)
	if err != nil {
		return "", fmt.Errorf("%s imports %.200q, which is not a location", from, location)
	}
	dir := path.Dir(from)
	if u.Scheme == "" && u.Host == "" && u.RawQuery == "" {
		at := path.Join(dir, u.Path)
		if path.IsAbs(u.Path) || !fs.ValidPath(at) {
			return "", fmt.Errorf("%s imports %.200q, which is outside of its folder", from, location)
		}
		return at, nil
	}
	for _, name := range beside(u) {
		at := path.Join(dir, name)
		if info, err := f.Root.Stat(at); err == nil && info.Mode().IsRegular() {
			return at, nil
		}
	}
	return "", fmt.Errorf("%s imports %.200s: save that beside it, as %s", from, location, beside(u)[0])
}

// beside returns the names under which the document of a URL may have been saved:
// the last of them is its own, and before it come those of servers that name
// documents in the query, as in "Orders?xsd=xsd3".
func beside(u *url.URL) []string {
	var names []string
	own := path.Base(path.Clean("/" + u.Path))
	query := u.Query()
	for _, key := range []string{"xsd", "wsdl"} {
		if v := query.Get(key); v != "" && !strings.ContainsAny(v, `/\`) {
			names = append(names, v+"."+key, v)
			if n, ok := strings.CutPrefix(v, key); ok {
				names = append(names, own+n+"."+key)
			}
		}
	}
	if own == "/" {
		own = u.Hostname() + ".xsd"
	}
	return append(names, own)
}

// Read implements Source.
func (f Files) Read(_ context.Context, location string) ([]byte, error) {
	file, err := f.Root.Open(location)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is not there: save it there, it is part of the WSDL", location)
		}
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, MaxBytes+1))
	return data, errors.Join(err, file.Close())
}

// Web is a Source on one web server. It leaves that server neither for an import nor
// for a redirect, and uses no proxy.
type Web struct {
	host   string // with scheme and port
	client *http.Client
}

// NewWeb returns the Source for a WSDL at a URL, which is the location to load.
func NewWeb(raw string) (*Web, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("it is not an http or https URL")
	case u.User != nil:
		return nil, errors.New("it must not hold credentials")
	}
	w := &Web{host: hostOf(u)}
	w.client = &http.Client{
		Timeout: time.Minute,
		Transport: &http.Transport{
			TLSHandshakeTimeout: 15 * time.Second, MaxResponseHeaderBytes: 64 << 10,
			DisableCompression: true, // no bomb in gzip
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > 5 || hostOf(req.URL) != w.host {
				return fmt.Errorf("it is redirected to %.100s, which is not followed", req.URL.Hostname())
			}
			return nil
		},
	}
	return w, nil
}

// hostOf returns scheme, host and port as they are compared.
func hostOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// Close lets go of idle connections.
func (w *Web) Close() { w.client.CloseIdleConnections() }

// Resolve implements Source.
func (w *Web) Resolve(from, location string) (string, error) {
	base, err := url.Parse(from)
	if err != nil {
		return "", err
	}
	u, err := base.Parse(location)
	if err != nil {
		return "", fmt.Errorf("%.200s imports %.200q, which is not a location", from, location)
	}
	u.Fragment = ""
	if hostOf(u) != w.host {
		return "", fmt.Errorf("it imports %.200s from another server, which is not asked: save the WSDL and that beside it, and check the file", u.Redacted())
	}
	return u.String(), nil
}

// Read implements Source.
func (w *Web) Read(ctx context.Context, location string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, location, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "erpbridge")
	req.Header.Set("Accept", "text/xml, application/xml, */*")
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, MaxBytes+1))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, fmt.Errorf("reading %s: %w", location, err)
	}
	switch {
	case slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden}, resp.StatusCode):
		return nil, fmt.Errorf("%s wants a login (HTTP %d): save it with a browser, with what it imports, and check the file", location, resp.StatusCode)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s answers HTTP %d", location, resp.StatusCode)
	}
	return data, nil
}
