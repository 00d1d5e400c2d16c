package shopsim

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// woo is a WooCommerce site: REST v3, webhooks that are tried once, of orders as they
// are when the webhook is sent. Its times are of a zone without a name, its amounts
// without tax, whatever the prices are.
type woo struct{ *Shop }

func newWoo(s *Shop) *woo {
	s.conf.Name = strings.TrimRight(cmp.Or(s.conf.Name, "https://shop.example.com"), "/")
	return &woo{s}
}

// siteZone is the site's: an offset, as in "UTC+1", that never observes summer time.
var siteZone = time.FixedZone("", 3600)

const wooTime = "2006-01-02T15:04:05"

func (*woo) first() int64            { return 1000 }
func (*woo) late() bool              { return true }
func (*woo) topics() []string        { return []string{"order.created", "order.updated"} }
func (*woo) patience() time.Duration { return time.Minute }
func (*woo) deletes() bool           { return false }

// good: a redirect counts, so a login page does.
func (*woo) good(status int) bool { return status >= 200 && status <= 302 }

func (*woo) again(int) (time.Duration, bool) { return 0, false }

func (*woo) judge(sub *Subscription, _ bool) fate {
	if sub.Failures > 5 {
		return removed
	}
	return stays
}

func (*woo) said(w occurrence) []string {
	if w.before == nil {
		return []string{"order.created"}
	}
	return []string{"order.updated"}
}

func (f *woo) render(d *delivery) []byte { return encode(f.order(d.what.order)) }

func (f *woo) sign(d *delivery, h http.Header) {
	if d.ping {
		h.Set("Content-Type", "application/x-www-form-urlencoded")
		return
	}
	resource, event, _ := strings.Cut(d.topic, ".")
	h.Set("X-WC-Webhook-Source", f.conf.Name+"/")
	h.Set("X-WC-Webhook-Topic", d.topic)
	h.Set("X-WC-Webhook-Resource", resource)
	h.Set("X-WC-Webhook-Event", event)
	h.Set("X-WC-Webhook-Signature", hmacBase64(html.UnescapeString(f.conf.Secret), d.body))
	h.Set("X-WC-Webhook-ID", strconv.FormatInt(d.sub.ID, 10))
	// The same for all webhooks of one second, as the real one's is.
	h.Set("X-WC-Webhook-Delivery-ID", digest(fmt.Sprint(d.sub.ID, "/", f.conf.Now().Unix()))[:32])
}

// hmacBase64 signs as Shopify and WooCommerce do.
func hmacBase64(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (f *woo) admits(r *http.Request) bool {
	user, password, _ := r.BasicAuth()
	return f.conf.Token == "" || user+":"+password == f.conf.Token
}

func (*woo) throttle(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	refuse(w, http.StatusTooManyRequests, "Too many requests.")
}

func (f *woo) routes(mux *http.ServeMux) {
	const base = "/wp-json/wc/v3"
	mux.HandleFunc("GET "+base+"/orders", f.listOrders)
	mux.HandleFunc("GET "+base+"/orders/{id}", f.getOrder)
	mux.HandleFunc("GET "+base+"/orders/{id}/refunds", f.listRefunds)
	mux.HandleFunc("GET "+base+"/webhooks", f.listWebhooks)
	mux.HandleFunc("POST "+base+"/webhooks", f.createWebhook)
	mux.HandleFunc("PUT "+base+"/webhooks/{id}", f.updateWebhook)
}

// listOrders understands what WordPress does of a query; both ends of a time are
// exclusive.
func (f *woo) listOrders(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var ends [2]time.Time
	for i, name := range []string{"modified_after", "modified_before"} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		// Without this flag a time is the site's.
		zone := siteZone
		if q.Get("dates_are_gmt") == "true" {
			zone = time.UTC
		}
		at, err := time.ParseInLocation(wooTime, strings.TrimSuffix(text, "Z"), zone)
		if err != nil {
			refuse(w, http.StatusBadRequest, "Invalid parameter(s): "+name)
			return
		}
		ends[i] = at
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.move()
	page := number(r, "page", 1)
	found := f.changed(ends[0].Add(time.Second))
	statuses := strings.Split(cmp.Or(q.Get("status"), "any"), ",")
	found = slices.DeleteFunc(found, func(o *Order) bool {
		return !ends[1].IsZero() && !o.Updated.Before(ends[1]) || statuses[0] != "any" && !slices.Contains(statuses, f.status(o))
	})
	if q.Get("orderby") != "modified" { // the default: by the day of the order
		slices.SortFunc(found, func(a, b *Order) int { return cmp.Compare(a.ID, b.ID) })
	}
	if q.Get("order") != "asc" {
		slices.Reverse(found)
	}
	list := []object{}
	for _, o := range slicePage(w, r, found, f.page(number(r, "per_page", 10), 100), page) {
		list = append(list, f.order(o))
	}
	reply(w, http.StatusOK, list)
}

// slicePage returns a page of a list, and says in the headers how many there are.
func slicePage[T any](w http.ResponseWriter, r *http.Request, all []T, size, page int) []T {
	pages := (len(all) + size - 1) / size
	w.Header().Set("X-WP-Total", strconv.Itoa(len(all)))
	w.Header().Set("X-WP-TotalPages", strconv.Itoa(pages))
	if page < pages {
		next := *r.URL
		q := next.Query()
		q.Set("page", strconv.Itoa(page+1))
		next.RawQuery = q.Encode()
		w.Header().Set("Link", "<"+next.String()+`>; rel="next"`)
	}
	from := min((page-1)*size, len(all))
	return all[from:min(from+size, len(all))]
}

// find returns the order a path names, or answers that there is none. The shop is
// locked.
func (s *Shop) find(w http.ResponseWriter, text string) *Order {
	id, err := strconv.ParseInt(text, 10, 64)
	if o := s.byID[id]; err == nil && o != nil {
		return o
	}
	refuse(w, http.StatusNotFound, "there is no such order")
	return nil
}

func (f *woo) getOrder(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if o := f.find(w, r.PathValue("id")); o != nil {
		reply(w, http.StatusOK, f.order(o))
	}
}

func (f *woo) listRefunds(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.find(w, r.PathValue("id"))
	if o == nil {
		return
	}
	list := []object{}
	refunds := slices.Clone(o.Refunds)
	slices.Reverse(refunds) // newest first
	for _, x := range slicePage(w, r, refunds, f.page(number(r, "per_page", 10), 100), number(r, "page", 1)) {
		list = append(list, f.refund(o, x))
	}
	reply(w, http.StatusOK, list)
}

func (f *woo) webhook(sub *Subscription) object {
	status := "disabled"
	if sub.Active {
		status = "active"
	}
	resource, event, _ := strings.Cut(sub.Topic, ".")
	return object{
		"id": sub.ID, "name": "Webhook " + sub.Topic, "status": status, "topic": sub.Topic, "resource": resource, "event": event,
		"hooks": []string{"woocommerce_new_order"}, "delivery_url": sub.Address,
		"date_created": sub.Made.In(siteZone).Format(wooTime), "date_created_gmt": sub.Made.Format(wooTime),
		"date_modified": sub.Changed.In(siteZone).Format(wooTime), "date_modified_gmt": sub.Changed.Format(wooTime),
	}
}

func (f *woo) listWebhooks(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []object{}
	for _, sub := range slicePage(w, r, f.subs, f.page(number(r, "per_page", 10), 100), number(r, "page", 1)) {
		list = append(list, f.webhook(sub))
	}
	reply(w, http.StatusOK, list)
}

// wanted is what a request makes of a webhook.
type wanted struct {
	Status  string `json:"status"`
	Topic   string `json:"topic"`
	Address string `json:"delivery_url"`
	Secret  string `json:"secret"`
}

func (f *woo) createWebhook(w http.ResponseWriter, r *http.Request) {
	var in wanted
	if !read(w, r, &in) {
		return
	}
	if in.Topic == "" || in.Address == "" {
		refuse(w, http.StatusBadRequest, "Webhook topic and delivery URL must be valid.")
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	// WooCommerce makes another one, however many there are of a topic and address.
	f.nextSub++
	now := f.conf.Now().UTC().Truncate(time.Second)
	sub := &Subscription{ID: 1000 + f.nextSub, Topic: in.Topic, Address: in.Address, Active: cmp.Or(in.Status, "active") == "active", Made: now, Changed: now}
	f.subs = append(f.subs, sub)
	f.conf.Secret = cmp.Or(in.Secret, f.conf.Secret)
	f.write(Entry{Kind: Added, Topic: sub.Topic, Subscription: sub.ID})
	f.queue = append(f.queue, &delivery{
		sub: sub, topic: "ping", what: occurrence{order: &Order{}}, due: f.conf.Now(), body: fmt.Appendf(nil, "webhook_id=%d", sub.ID), ping: true,
	})
	f.nudge()
	reply(w, http.StatusCreated, f.webhook(sub))
}

func (f *woo) updateWebhook(w http.ResponseWriter, r *http.Request) {
	var in wanted
	if !read(w, r, &in) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	sub := f.subscription(id)
	if sub == nil {
		refuse(w, http.StatusNotFound, "Invalid ID.")
		return
	}
	f.conf.Secret = cmp.Or(in.Secret, f.conf.Secret)
	sub.Topic, sub.Address = cmp.Or(in.Topic, sub.Topic), cmp.Or(in.Address, sub.Address)
	switch in.Status {
	case "":
	case "active":
		f.enable(sub)
	default:
		f.remove(sub)
	}
	reply(w, http.StatusOK, f.webhook(sub))
}
