package ingest

import (
	"net/http"
	"path"
	"strings"

	"go.uber.org/zap"
)

// unclean answers a request whose path has slashes or dots too many. One that was to hand
// something in for a store or target of ours has nearly the right address, mostly with a
// slash at its end: its sender will give up for good, so somebody has to see it. The
// address itself is a stranger's text, and left out.
func (g *Gateway) unclean(w http.ResponseWriter, r *http.Request) {
	id := newID()
	if about, ours := g.meant(r.URL.Path); ours && r.Method == http.MethodPost {
		g.says.astray.log("a request came to an address that is not quite ours; correct it where it is sent from",
			zap.String("request", id), about, zap.String("remote", remote(r)))
	}
	notFound.write(w, id)
}

// meant returns whose address an unclean one would be, if it is anybody's.
func (g *Gateway) meant(address string) (zap.Field, bool) {
	parts := strings.Split(path.Clean("/"+address), "/")
	if len(parts) != 3 {
		return zap.Skip(), false
	}
	switch kind, name := parts[1], parts[2]; kind {
	case "webhooks":
		if d, ok := g.doors.named[name]; ok {
			return d.field(), true
		}
	case "confirmations":
		if d, ok := g.desks.named[name]; ok {
			return d.field(), true
		}
	}
	return zap.Skip(), false
}
