package fo

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
)

// serve starts a server for a handler.
func serve(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func jsonNumber(s string) json.Number { return json.Number(s) }
