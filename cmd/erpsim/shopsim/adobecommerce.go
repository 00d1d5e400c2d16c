package shopsim

import (
	"cmp"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// adobe is Adobe Commerce with I/O Events: CloudEvents signed with a key that the shop
// serves, and the REST API with its search criteria. Amounts are floats, or texts, or
// floats in texts, as it comes.
type adobe struct {
	*Shop
	key  *rsa.PrivateKey
	pem  string
	path string // of the key, as in the header
}

func newAdobe(s *Shop) (*adobe, error) {
	s.conf.Name = cmp.Or(s.conf.Name, "e142407e73ef48f884aeb8e925c1e256")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(der)
	return &adobe{
		Shop: s, key: key, path: fmt.Sprintf("/prod/keys/pub-key-%x.pem", sum[:6]),
		pem: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
	}, nil
}

// PublicKey is the PEM of the key an adobecommerce shop signs with; other shops have
// none.
func (s *Shop) PublicKey() string {
	if f, ok := s.face.(*adobe); ok {
		return f.pem
	}
	return ""
}

const adobeTime = "2006-01-02 15:04:05"

const (
	orderSaved = "com.adobe.commerce.observer.sales_order_save_commit_after"
	memoSaved  = "com.adobe.commerce.observer.sales_order_creditmemo_save_commit_after"
)

func (*adobe) first() int64            { return 600 }
func (*adobe) late() bool              { return false }
func (*adobe) patience() time.Duration { return 10 * time.Second }
func (*adobe) deletes() bool           { return false }
func (*adobe) good(status int) bool    { return status/100 == 2 }
func (*adobe) topics() []string        { return []string{orderSaved, memoSaved} }

// adobeRetries fill 24 hours: after 1, 2, 4 and 8 minutes, and every 15 from then on.
const adobeRetries = 99

func (*adobe) again(n int) (time.Duration, bool) {
	return min(time.Minute<<min(n-1, 4), 15*time.Minute), n <= adobeRetries
}

func (*adobe) judge(_ *Subscription, last bool) fate {
	if last {
		return removed
	}
	return stays
}

func (*adobe) said(w occurrence) []string {
	if w.refund != nil {
		return []string{memoSaved, orderSaved}
	}
	return []string{orderSaved}
}

// uuid makes one of a text.
func uuid(text string) string {
	h := digest(text)
	return strings.Join([]string{h[:8], h[8:12], "4" + h[13:16], "8" + h[17:20], h[20:32]}, "-")
}

func (f *adobe) render(d *delivery) []byte {
	o := d.what.order
	var value object
	if d.topic == memoSaved {
		value = f.memo(o, *d.what.refund)
	} else {
		value = f.order(o)
		// An event has its addresses in a list and its streets in a text.
		value["addresses"] = []object{f.address(o, "billing", true), f.address(o, "shipping", true)}
		value["shipping_method"] = "flatrate_flatrate"
		delete(value, "billing_address")
		delete(value, "extension_attributes")
	}
	return encode(object{
		"specversion": "1.0", "id": uuid("cloud" + d.id), "event_id": uuid(d.id), "type": d.topic, "source": "urn:uuid:" + uuid(f.conf.Name),
		"time": d.said.UTC().Format("2006-01-02T15:04:05.000Z"), "datacontenttype": "application/json", "recipient_client_id": f.conf.Name,
		"data": object{
			"key": uuid("key" + d.id), "value": mixed(value, o.ID).(object), "source": "tenant.simulated",
			"_metadata": object{"commerceEdition": "Adobe Commerce", "commerceVersion": "2.4.7", "storeId": "1"},
		},
	})
}

// mixed writes some numbers as texts, as PHP does when nobody looks: which ones goes by
// the number of the order.
func mixed(v any, seed int64) any {
	switch v := v.(type) {
	case object:
		out := make(object, len(v))
		for name, member := range v {
			out[name] = mixed(member, seed+int64(len(name)))
		}
		return out
	case []object:
		out := make([]any, len(v))
		for i, member := range v {
			out[i] = mixed(member, seed+int64(i))
		}
		return out
	case int64:
		if seed%2 == 0 {
			return strconv.FormatInt(v, 10)
		}
	case json.Number:
		whole, rest, _ := strings.Cut(v.String(), ".")
		switch {
		case seed%3 == 0:
			return whole + "." + (rest + "000000")[:max(len(rest), 6)]
		case seed%5 == 0:
			return v.String()
		}
	}
	return v
}

func (f *adobe) sign(d *delivery, h http.Header) {
	sum := sha256.Sum256(d.body)
	signature, err := rsa.SignPKCS1v15(rand.Reader, f.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // a key of ours, and a digest of its length
	}
	h.Set("x-adobe-event-id", uuid(d.id))
	h.Set("x-adobe-delivery-id", uuid(fmt.Sprint(d.id, d.tries)))
	h.Set("x-adobe-provider", "dx_commerce_events")
	h.Set("x-adobe-event-code", d.topic)
	if d.tries > 0 {
		h.Set("x-adobe-retry-count", strconv.Itoa(d.tries))
	}
	h.Set("x-adobe-digital-signature-1", base64.StdEncoding.EncodeToString(signature))
	h.Set("x-adobe-public-key1-path", f.path)
}

// Challenge asks an address whether it wants events, as the registration of an
// adobecommerce shop does, and returns what is wrong with its answer.
func (s *Shop) Challenge(ctx context.Context, address string) error {
	const token = "8ec8d794-e0ab-42df-9017-e3dada8e84f7"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"?challenge="+url.QueryEscape(token), nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || strings.TrimSpace(string(body)) != token {
		return fmt.Errorf("the challenge was answered with %s, not echoed", res.Status)
	}
	return nil
}

func (f *adobe) admits(r *http.Request) bool {
	return f.conf.Token == "" || strings.HasPrefix(r.URL.Path, "/prod/keys/") || r.Header.Get("Authorization") == "Bearer "+f.conf.Token
}

func (*adobe) throttle(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	refuse(w, http.StatusTooManyRequests, "Too many requests")
}

func (f *adobe) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET "+f.path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-pem-file")
		_, _ = io.WriteString(w, f.pem)
	})
	for _, base := range []string{"/rest/V1", "/rest/{store}/V1"} {
		mux.HandleFunc("GET "+base+"/orders", f.search(f.findOrders))
		mux.HandleFunc("GET "+base+"/creditmemos", f.search(f.findMemos))
		mux.HandleFunc("GET "+base+"/shipments", f.search(func() []found { return nil }))
		mux.HandleFunc("GET "+base+"/orders/{id}", func(w http.ResponseWriter, r *http.Request) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if o := f.find(w, r.PathValue("id")); o != nil {
				reply(w, http.StatusOK, f.order(o))
			}
		})
	}
}

// found is something a search is about.
type found struct {
	id       int64
	updated  time.Time
	resource func() object
}

func (f *adobe) findOrders() (all []found) {
	for _, o := range f.orders {
		all = append(all, found{o.ID, o.Updated, func() object { return f.order(o) }})
	}
	return all
}

func (f *adobe) findMemos() (all []found) {
	for _, o := range f.orders {
		for _, r := range o.Refunds {
			all = append(all, found{r.ID, r.At, func() object { return f.memo(o, r) }})
		}
	}
	return all
}

// search answers a search: the filters on updated_at all hold, and the order is theirs
// and that of the ids. A page beyond the last one is the last one again, as Magento
// does it.
func (f *adobe) search(all func() []found) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		keep, err := criteria(r.URL.Query())
		if err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.move()
		list := slices.DeleteFunc(all(), func(x found) bool { return !keep(x) })
		slices.SortFunc(list, func(a, b found) int { return cmp.Or(a.updated.Compare(b.updated), cmp.Compare(a.id, b.id)) })
		size := f.page(number(r, "searchCriteria[pageSize]", 20), 300)
		last := max((len(list)+size-1)/size, 1)
		from := (min(number(r, "searchCriteria[currentPage]", 1), last) - 1) * size
		var items []object // null where there is none
		for _, x := range list[from:min(from+size, len(list))] {
			items = append(items, x.resource())
		}
		reply(w, http.StatusOK, object{"items": items, "search_criteria": object{"page_size": size}, "total_count": len(list)})
	}
}

// criteria reads the filters of a query: all groups hold, each by one of its filters.
func criteria(q url.Values) (func(found) bool, error) {
	var groups []func(found) bool
	for g := 0; ; g++ {
		var filters []func(found) bool
		for i := 0; ; i++ {
			at := fmt.Sprintf("searchCriteria[filter_groups][%d][filters][%d]", g, i)
			if !q.Has(at + "[field]") {
				break
			}
			filter, err := condition(q.Get(at+"[field]"), q.Get(at+"[condition_type]"), q.Get(at+"[value]"))
			if err != nil {
				return nil, err
			}
			filters = append(filters, filter)
		}
		if filters == nil {
			break
		}
		groups = append(groups, func(x found) bool {
			return slices.ContainsFunc(filters, func(holds func(found) bool) bool { return holds(x) })
		})
	}
	return func(x found) bool {
		return !slices.ContainsFunc(groups, func(holds func(found) bool) bool { return !holds(x) })
	}, nil
}

// condition reads one filter, on the time of the change or on the id.
func condition(field, how, value string) (func(found) bool, error) {
	var compare func(found) int
	switch field {
	case "updated_at":
		at, err := time.Parse(adobeTime, value)
		if err != nil {
			return nil, fmt.Errorf("%s: %q is not a time", field, value)
		}
		compare = func(x found) int { return x.updated.Compare(at) }
	case "entity_id":
		id, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %q is not an id", field, value)
		}
		compare = func(x found) int { return cmp.Compare(x.id, id) }
	default:
		return nil, fmt.Errorf("nothing is searched by %q here", field)
	}
	switch cmp.Or(how, "eq") {
	case "eq":
		return func(x found) bool { return compare(x) == 0 }, nil
	case "gt":
		return func(x found) bool { return compare(x) > 0 }, nil
	case "gteq", "from":
		return func(x found) bool { return compare(x) >= 0 }, nil
	case "lt":
		return func(x found) bool { return compare(x) < 0 }, nil
	case "lteq", "to":
		return func(x found) bool { return compare(x) <= 0 }, nil
	}
	return nil, fmt.Errorf("condition_type %q: there is none such", how)
}
