package ingest

import (
	"net/http"
	"testing"
)

// A shop that was given nearly the right address gives its webhooks up, and somebody here
// has to see why none come. Strangers who try addresses are not worth a line.
func TestNearlyTheRightAddressIsLogged(t *testing.T) {
	for _, tt := range []struct {
		method, path, store string // store: "" where nothing is logged
	}{
		{http.MethodPost, "/webhooks/shop-eu/", "shop-eu"},
		{http.MethodPost, "//webhooks/shop-eu", "shop-eu"},
		{http.MethodPost, "/webhooks/shop-eu/orders/create", ""},
		{http.MethodPost, "/webhooks/shop-eu/orders/", ""},
		{http.MethodPost, "/webhooks/nobody/", ""},
		{http.MethodPost, "/webhooks/", ""},
		{http.MethodPost, "/shop-eu", ""},
		{http.MethodGet, "/webhooks/shop-eu/", ""},
		{http.MethodPost, "/wp-login.php", ""},
	} {
		h := open(t, nil)
		r := signed("{}")
		r.Method, r.URL.Path = tt.method, tt.path
		if w := h.do(r); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", tt.path, w.Code)
		}
		var stores []string
		for _, e := range h.log.All() {
			store, _ := e.ContextMap()["store"].(string)
			stores = append(stores, store)
		}
		if tt.store == "" && len(stores) > 0 || tt.store != "" && (len(stores) != 1 || stores[0] != tt.store) {
			t.Errorf("%s %s: logged for %q, want %q", tt.method, tt.path, stores, tt.store)
		}
	}
}
