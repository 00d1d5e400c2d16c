package shopsim

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// shopify is a Shopify shop: webhooks with the whole resource as it was, signed over
// their bytes, and the GraphQL Admin API. Its ids pass 2^53.
type shopify struct {
	*Shop
	bucket float64 // what is left of the API's cost limit
	filled time.Time
}

func newShopify(s *Shop) *shopify {
	s.conf.Name = cmp.Or(s.conf.Name, "test.myshopify.com")
	return &shopify{Shop: s, bucket: bucketSize, filled: s.conf.Now()}
}

// apiVersion is what the shop sends, and serves.
const apiVersion = "2026-10"

func (*shopify) first() int64            { return 1<<53 + 1 }
func (*shopify) late() bool              { return false }
func (*shopify) patience() time.Duration { return 5 * time.Second }
func (*shopify) deletes() bool           { return true }
func (*shopify) good(status int) bool    { return status/100 == 2 }

func (*shopify) topics() []string {
	return []string{"orders/create", "orders/paid", "orders/updated", "orders/cancelled", "refunds/create"}
}

// shopifyRetries come to four hours.
var shopifyRetries = []time.Duration{10 * time.Second, time.Minute, 3 * time.Minute, 6 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour}

func (*shopify) again(n int) (time.Duration, bool) {
	if n > len(shopifyRetries) {
		return 0, false
	}
	return shopifyRetries[n-1], true
}

func (*shopify) judge(sub *Subscription, _ bool) fate {
	if sub.Failures >= 8 {
		return removed
	}
	return stays
}

func (*shopify) said(w occurrence) []string {
	var topics []string
	switch {
	case w.before == nil:
		topics = append(topics, "orders/create")
	case w.refund != nil:
		topics = append(topics, "refunds/create")
	case w.before.Cancelled.IsZero() && !w.order.Cancelled.IsZero():
		topics = append(topics, "orders/cancelled")
	}
	if !w.order.Paid.IsZero() && (w.before == nil || w.before.Paid.IsZero()) {
		topics = append(topics, "orders/paid")
	}
	if w.before != nil {
		topics = append(topics, "orders/updated")
	}
	return topics
}

func (f *shopify) render(d *delivery) []byte {
	if d.topic == "refunds/create" {
		return encode(f.refund(d.what.order, *d.what.refund))
	}
	return encode(f.order(d.what.order))
}

func (f *shopify) sign(d *delivery, h http.Header) {
	h.Set("X-Shopify-Topic", d.topic)
	h.Set("X-Shopify-Shop-Domain", f.conf.Name)
	h.Set("X-Shopify-API-Version", apiVersion)
	h.Set("X-Shopify-Webhook-Id", uuid(d.id))
	h.Set("X-Shopify-Event-Id", uuid(d.event)) // of all that is said about one occurrence
	h.Set("X-Shopify-Triggered-At", d.said.UTC().Format("2006-01-02T15:04:05.000000000Z"))
	h.Set("X-Shopify-Hmac-Sha256", hmacBase64(f.conf.Secret, d.body))
}

func (f *shopify) admits(r *http.Request) bool {
	return f.conf.Token == "" || r.Header.Get("X-Shopify-Access-Token") == f.conf.Token
}

// The cost limit of the API: a bucket that refills, of the size that Shopify Plus has.
const (
	bucketSize = 20_000.0
	bucketRate = 1000.0 // a second
	queryCost  = 50.0
)

// throttle answers with 200: GraphQL is never in a hurry at the level of HTTP.
func (*shopify) throttle(w http.ResponseWriter) { throttled(w, queryCost-bucketRate) }

func throttled(w http.ResponseWriter, left float64) {
	reply(w, http.StatusOK, object{
		"errors": []object{{"message": "Throttled", "extensions": object{"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"}}},
		"extensions": object{"cost": object{
			"requestedQueryCost": queryCost, "actualQueryCost": nil,
			"throttleStatus": object{"maximumAvailable": bucketSize, "currentlyAvailable": left, "restoreRate": bucketRate},
		}},
	})
}

// spend takes the cost of a query from the bucket, if there is enough in it.
func (f *shopify) spend() bool {
	now := f.conf.Now()
	f.bucket = min(bucketSize, f.bucket+bucketRate*now.Sub(f.filled).Seconds())
	f.filled = now
	if f.bucket < queryCost {
		return false
	}
	f.bucket -= queryCost
	return true
}

func (f *shopify) routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /admin/api/{version}/graphql.json", f.graphQL)
}

// graphQL answers a query or a mutation.
func (f *shopify) graphQL(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Query     string         `json:"query"`
		Operation string         `json:"operationName"`
		Variables map[string]any `json:"variables"`
	}
	if !read(w, r, &in) {
		return
	}
	d, err := parseGraphQL(in.Query)
	if err != nil {
		wrong(w, "PARSE_ERROR", err)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.spend() {
		throttled(w, f.bucket)
		return
	}
	data, err := d.execute(in.Operation, in.Variables, f.root())
	if err != nil {
		wrong(w, "undefinedField", err)
		return
	}
	reply(w, http.StatusOK, object{"data": data, "extensions": object{"cost": object{
		"requestedQueryCost": queryCost, "actualQueryCost": queryCost,
		"throttleStatus": object{"maximumAvailable": bucketSize, "currentlyAvailable": f.bucket, "restoreRate": bucketRate},
	}}})
}

func wrong(w http.ResponseWriter, code string, err error) {
	reply(w, http.StatusOK, object{"errors": []object{{"message": err.Error(), "extensions": object{"code": code}}}})
}

// searched is the one filter there is.
var searched = regexp.MustCompile(`updated_at:(>=|>|<=|<)\s*'?([^'\s]+)'?`)

// search returns the orders a query finds. A list without status:any is of the open
// ones, as Shopify has it.
func (f *shopify) search(query string) ([]*Order, error) {
	list := slices.Clone(f.orders)
	if !strings.Contains(query, "status:any") {
		list = slices.DeleteFunc(list, func(o *Order) bool { return !o.Cancelled.IsZero() })
	}
	for _, m := range searched.FindAllStringSubmatch(query, -1) {
		at, err := time.Parse(time.RFC3339, m[2])
		if err != nil {
			return nil, err
		}
		list = slices.DeleteFunc(list, func(o *Order) bool {
			c := o.Updated.Compare(at)
			return !map[string]bool{">=": c >= 0, ">": c > 0, "<=": c <= 0, "<": c < 0}[m[1]]
		})
	}
	return list, nil
}

// gid is an id as the API has it.
func gid(kind string, id int64) string {
	return "gid://shopify/" + kind + "/" + strconv.FormatInt(id, 10)
}

// number of a gid; 0 where it is none of the kind.
func fromGID(v any, kind string) int64 {
	text, _ := v.(string)
	id, _ := strconv.ParseInt(strings.TrimPrefix(text, "gid://shopify/"+kind+"/"), 10, 64)
	return id
}

// topicName turns orders/create into ORDERS_CREATE.
func topicName(topic string) string { return strings.ToUpper(strings.ReplaceAll(topic, "/", "_")) }

// topicOf turns it back: there is one underscore where the slash was, and others.
func topicOf(name string) string {
	for _, group := range []string{"ORDERS", "REFUNDS", "FULFILLMENTS", "CUSTOMERS", "PRODUCTS", "INVENTORY_LEVELS", "SHOP", "APP"} {
		if rest, ok := strings.CutPrefix(name, group+"_"); ok {
			return strings.ToLower(group + "/" + rest)
		}
	}
	return strings.ToLower(name)
}
