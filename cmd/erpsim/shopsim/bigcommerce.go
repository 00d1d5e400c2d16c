package shopsim

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha1" // #nosec G505 -- what BigCommerce calls hash is one
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// bigcommerce is a BigCommerce store: webhooks that are envelopes, orders in parts by V2,
// refunds, transactions and hooks by V3. Amounts are texts of four decimals, times RFC
// 2822, and no list is an answer without a body.
type bigcommerce struct{ *Shop }

func newBig(s *Shop) *bigcommerce {
	s.conf.Name = cmp.Or(s.conf.Name, "abc123xyz")
	return &bigcommerce{s}
}

func (*bigcommerce) first() int64            { return 100 }
func (*bigcommerce) late() bool              { return false }
func (*bigcommerce) patience() time.Duration { return 10 * time.Second }
func (*bigcommerce) deletes() bool           { return false }
func (*bigcommerce) good(status int) bool    { return status == http.StatusOK }

func (*bigcommerce) topics() []string {
	return []string{"store/order/created", "store/order/updated", "store/order/statusUpdated", "store/order/refund/created"}
}

// bigRetries are the steps after a failure, in seconds.
var bigRetries = []time.Duration{60, 180, 300, 600, 900, 1800, 3600, 7200, 21600, 50400, 86400}

func (*bigcommerce) again(n int) (time.Duration, bool) {
	if n > len(bigRetries) {
		return 0, false
	}
	return bigRetries[n-1] * time.Second, true
}

// judge: what was tried to the end switches the hook off; less than nine of ten good
// answers among at least 100 within two minutes, and the host rests.
func (f *bigcommerce) judge(_ *Subscription, last bool) fate {
	if last {
		return removed
	}
	since, good := f.conf.Now().Add(-f.paced(2*time.Minute)), 0
	f.results = slices.DeleteFunc(f.results, func(r result) bool { return r.at.Before(since) })
	for _, r := range f.results {
		if r.good {
			good++
		}
	}
	if len(f.results) >= 100 && 10*good < 9*len(f.results) {
		f.results = nil
		return rests
	}
	return stays
}

func (f *bigcommerce) said(w occurrence) []string {
	switch {
	case w.before == nil:
		return []string{"store/order/created", "store/order/statusUpdated"}
	case w.refund != nil:
		return []string{"store/order/refund/created", "store/order/updated"}
	case f.status(w.before) != f.status(w.order):
		return []string{"store/order/statusUpdated", "store/order/updated"}
	}
	return []string{"store/order/updated"}
}

// render is the envelope. Its hash tells one event from another.
func (f *bigcommerce) render(d *delivery) []byte {
	data := object{"type": "order", "id": d.what.order.ID}
	switch d.topic {
	case "store/order/refund/created":
		data["refund"] = object{"refund_id": d.what.refund.ID}
	case "store/order/statusUpdated":
		before := 0
		if d.what.before != nil {
			before = f.status(d.what.before)
		}
		data["status"] = object{"previous_status_id": before, "new_status_id": f.status(d.what.order)}
	}
	sum := sha1.Sum([]byte(d.id)) // #nosec G401 -- no secret
	return encode(object{
		"scope": d.topic, "store_id": "1025646", "data": data, "hash": hex.EncodeToString(sum[:]),
		"created_at": d.said.Unix(), "producer": "stores/" + f.conf.Name,
	})
}

func (f *bigcommerce) sign(d *delivery, h http.Header) {
	for name, value := range d.sub.Header {
		h.Set(name, value)
	}
	if f.conf.Secret == "" {
		return
	}
	at := strconv.FormatInt(f.conf.Now().Unix(), 10)
	h.Set("webhook-id", "msg_"+d.id)
	h.Set("webhook-timestamp", at)
	h.Set("webhook-signature", standardWebhook(f.conf.Secret, "msg_"+d.id, at, d.body))
}

// standardWebhook signs as standardwebhooks.com says.
func standardWebhook(secret, id, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (f *bigcommerce) admits(r *http.Request) bool {
	return f.conf.Token == "" || r.Header.Get("X-Auth-Token") == f.conf.Token
}

func (*bigcommerce) throttle(w http.ResponseWriter) {
	w.Header().Set("X-Rate-Limit-Time-Reset-Ms", "500")
	w.Header().Set("Retry-After", "1")
	refuse(w, http.StatusTooManyRequests, "Your API rate limit has been exceeded.")
}

func (f *bigcommerce) routes(mux *http.ServeMux) {
	base := "/stores/" + f.conf.Name
	mux.HandleFunc("GET "+base+"/v2/orders", f.listOrders)
	mux.HandleFunc("GET "+base+"/v2/orders/{id}", f.part(f.wholeOrder))
	mux.HandleFunc("GET "+base+"/v2/orders/{id}/products", f.part(f.products))
	mux.HandleFunc("GET "+base+"/v2/orders/{id}/coupons", f.part(f.coupons))
	mux.HandleFunc("GET "+base+"/v2/orders/{id}/shipping_addresses", f.part(f.addresses))
	mux.HandleFunc("GET "+base+"/v2/orders/{id}/taxes", f.part(f.taxes))
	mux.HandleFunc("GET "+base+"/v2/orders/{id}/shipments", f.part(func(*Order) any { return []object{} }))
	mux.HandleFunc("GET "+base+"/v3/orders/{id}/transactions", f.part(f.transactions))
	mux.HandleFunc("GET "+base+"/v3/orders/{id}/payment_actions/refunds", f.part(f.refunds))
	mux.HandleFunc("GET "+base+"/v3/hooks", f.listHooks)
	mux.HandleFunc("POST "+base+"/v3/hooks", f.createHook)
	mux.HandleFunc("PUT "+base+"/v3/hooks/{id}", f.updateHook)
}

// listOrders: both ends of a time are inclusive; a store without such orders answers
// with nothing.
func (f *bigcommerce) listOrders(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var ends [2]time.Time
	for i, name := range []string{"min_date_modified", "max_date_modified"} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		at, err := time.Parse(time.RFC1123Z, text)
		if err != nil {
			at, err = time.Parse(time.RFC3339, text)
		}
		if err != nil {
			refuse(w, http.StatusBadRequest, "The field '"+name+"' is invalid.")
			return
		}
		ends[i] = at
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.move()
	page := number(r, "page", 1)
	least := number(r, "min_id", 0)
	found := slices.DeleteFunc(f.changed(ends[0]), func(o *Order) bool {
		return !ends[1].IsZero() && o.Updated.After(ends[1]) || o.ID < int64(least)
	})
	field, direction, _ := strings.Cut(cmp.Or(q.Get("sort"), "id:asc"), ":")
	if field == "id" {
		slices.SortFunc(found, func(a, b *Order) int { return cmp.Compare(a.ID, b.ID) })
	}
	if direction == "desc" {
		slices.Reverse(found)
	}
	size := f.page(number(r, "limit", 50), 250)
	from := min((page-1)*size, len(found))
	list := []object{}
	for _, o := range found[from:min(from+size, len(found))] {
		list = append(list, f.order(o))
	}
	f.reply(w, list)
}

// reply answers with what there is; an empty list is 204.
func (*bigcommerce) reply(w http.ResponseWriter, v any) {
	if list, ok := v.([]object); ok && len(list) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	reply(w, http.StatusOK, v)
}

// part answers with a part of an order: a list in pages, or an object.
func (f *bigcommerce) part(of func(*Order) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		o := f.find(w, r.PathValue("id"))
		if o == nil {
			return
		}
		v := of(o)
		if list, ok := v.([]object); ok {
			size := min(number(r, "limit", 50), 250)
			from := min((number(r, "page", 1)-1)*size, len(list))
			v = list[from:min(from+size, len(list))]
		}
		f.reply(w, v)
	}
}

func (f *bigcommerce) hook(sub *Subscription) object {
	var headers any
	if len(sub.Header) > 0 {
		headers = sub.Header
	}
	return object{
		"id": sub.ID, "client_id": "simulated", "store_hash": f.conf.Name, "scope": sub.Topic, "destination": sub.Address, "headers": headers,
		"is_active": sub.Active, "created_at": sub.Made.Unix(), "updated_at": sub.Changed.Unix(),
	}
}

func (f *bigcommerce) listHooks(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	size, page := f.page(number(r, "limit", 50), 250), number(r, "page", 1)
	from := min((page-1)*size, len(f.subs))
	list := []object{}
	for _, sub := range f.subs[from:min(from+size, len(f.subs))] {
		list = append(list, f.hook(sub))
	}
	pages := max((len(f.subs)+size-1)/size, 1)
	reply(w, http.StatusOK, object{"data": list, "meta": object{"pagination": object{
		"total": len(f.subs), "count": len(list), "per_page": size, "current_page": page, "total_pages": pages,
	}}})
}

// hookRequest is what a request makes of a hook.
type hookRequest struct {
	Scope       string            `json:"scope"`
	Destination string            `json:"destination"`
	Active      *bool             `json:"is_active"`
	Headers     map[string]string `json:"headers"`
}

// mostHooks of one scope are allowed to one client.
const mostHooks = 10

func (f *bigcommerce) createHook(w http.ResponseWriter, r *http.Request) {
	var in hookRequest
	if !read(w, r, &in) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	same := 0
	for _, sub := range f.subs {
		if sub.Topic == in.Scope {
			same++
		}
	}
	if in.Scope == "" || in.Destination == "" || same >= mostHooks {
		refuse(w, http.StatusUnprocessableEntity, "A hook needs a scope and a destination, and there are at most 10 of a scope.")
		return
	}
	sub, _ := f.subscribe(in.Scope, in.Destination)
	sub.Header = in.Headers
	f.enable(sub)
	reply(w, http.StatusOK, object{"data": f.hook(sub), "meta": object{}})
}

func (f *bigcommerce) updateHook(w http.ResponseWriter, r *http.Request) {
	var in hookRequest
	if !read(w, r, &in) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	sub := f.subscription(id)
	if sub == nil {
		refuse(w, http.StatusNotFound, "There is no such hook.")
		return
	}
	sub.Topic, sub.Address = cmp.Or(in.Scope, sub.Topic), cmp.Or(in.Destination, sub.Address)
	if in.Headers != nil {
		sub.Header = in.Headers
	}
	if in.Active != nil {
		if *in.Active {
			f.enable(sub)
		} else {
			f.remove(sub)
		}
	}
	reply(w, http.StatusOK, object{"data": f.hook(sub), "meta": object{}})
}
