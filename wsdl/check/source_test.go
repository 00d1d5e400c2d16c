package check

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "in")
	for name, text := range map[string]string{
		"in/sub/types.xsd": "types", "in/Orders3.xsd": "three", "in/xsd7.xsd": "seven", "in/common.xsd": "common", "secret.xsd": "secret",
	} {
		path := filepath.Join(filepath.Dir(dir), name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	f := Files{root}
	for _, c := range []struct{ from, location, want, err string }{
		{"a.wsdl", "./sub/types.xsd", "types", ""},
		{"a.wsdl", "sub//types.xsd", "types", ""},
		{"sub/types.xsd", "../common.xsd", "common", ""},
		{"a.wsdl", "https://erp.example/schemas/common.xsd", "common", ""},
		{"a.wsdl", "http://ax:8101/DynamicsAx/Services/Orders?xsd=xsd3", "three", ""},
		{"a.wsdl", "?xsd=xsd7", "seven", ""},
		{"a.wsdl", "http://ax:8101/DynamicsAx/Services/Orders?wsdl=wsdl0", "", "save that beside it, as wsdl0.wsdl"},
		{"a.wsdl", "../secret.xsd", "", "outside of its folder"},
		{"a.wsdl", "/etc/passwd", "", "outside of its folder"},
		{"a.wsdl", "file:///etc/passwd", "", "save that beside it, as passwd"},
		{"a.wsdl", "file:///../secret.xsd", "", "save that beside it, as secret.xsd"},
		{"a.wsdl", "http://erp.example/?xsd=../secret", "", "save that beside it, as erp.example.xsd"},
		{"a.wsdl", "https://erp.example/none.xsd", "", "save that beside it, as none.xsd"},
		{"a.wsdl", "none.xsd", "", "is not there"},
		{"a.wsdl", "http://[", "", "not a location"},
	} {
		at, err := f.Resolve(c.from, c.location)
		var data []byte
		if err == nil {
			data, err = f.Read(t.Context(), at)
		}
		if string(data) != c.want || (c.err == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %q, %v", c.location, data, err)
		}
	}
}

func TestWeb(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another server was asked") }))
	defer other.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/types.xsd", "/s/types.xsd":
			_, _ = w.Write([]byte(r.URL.RequestURI()))
		case "/here":
			http.Redirect(w, r, "/types.xsd", http.StatusFound)
		case "/away":
			http.Redirect(w, r, other.URL+"/types.xsd", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/login":
			w.WriteHeader(http.StatusForbidden)
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	defer srv.Close()
	w, err := NewWeb(srv.URL + "/s/a.wsdl")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, c := range []struct{ location, want, err string }{
		{"types.xsd", "/s/types.xsd", ""},
		{"/types.xsd?x=1#part", "/types.xsd?x=1", ""},
		{srv.URL + "/types.xsd", "/types.xsd", ""},
		{"/here", "/types.xsd", ""},
		{"/away", "", "redirected to 127.0.0.1, which is not followed"},
		{"/round", "", "redirected"},
		{"/login", "", "wants a login (HTTP 403)"},
		{"/none", "", "answers HTTP 418"},
		{other.URL + "/types.xsd", "", "from another server, which is not asked"},
		{"https://127.0.0.1/types.xsd", "", "from another server"},
		{"file:///etc/passwd", "", "from another server"},
		{"//evil.example/types.xsd", "", "from another server"},
	} {
		at, err := w.Resolve(srv.URL+"/s/a.wsdl", c.location)
		var data []byte
		if err == nil {
			data, err = w.Read(t.Context(), at)
		}
		if string(data) != c.want || (c.err == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %q, %v", c.location, data, err)
		}
	}
}

func TestNewWebRefuses(t *testing.T) {
	for _, u := range []string{"", "erp.example/a.wsdl", "ftp://erp.example/", "file:///etc/passwd", "https://u:p@erp.example/"} {
		if w, err := NewWeb(u); err == nil {
			w.Close()
			t.Errorf("%q was taken", u)
		}
	}
}
