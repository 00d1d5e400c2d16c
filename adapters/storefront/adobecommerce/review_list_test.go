package adobecommerce_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// A busy shop answers as Adobe Commerce does, filters and all, and changes things between
// two requests.
type busy struct {
	random *rand.Rand
	now    int64
	kinds  map[string]map[int64]int64 // when each thing changed, by its id
	asked  int
	still  bool // nothing changes
	small  bool // fewer things are given than are asked for
}

func busyShop(seed uint64) *busy {
	b := &busy{random: rand.New(rand.NewPCG(seed, 1)), kinds: map[string]map[int64]int64{}, now: 1_800_000_000}
	for kind, n := range map[string]int{"orders": 3500, "creditmemos": 700, "shipments": 1300} {
		b.kinds[kind] = map[int64]int64{}
		at := b.now - 20_000
		for id := int64(1); id <= int64(n); id++ {
			if b.random.IntN(4) == 0 && id%1000 > 350 { // 350 changed at once
				at += int64(b.random.IntN(6))
			}
			b.kinds[kind][id] = min(at, b.now-1)
		}
	}
	return b
}

// live lets time pass. What changed in the second that is being listed changes again more
// often than the rest.
func (b *busy) live(kind string, listing int64) {
	b.now += int64(b.random.IntN(3))
	if b.still {
		return
	}
	for range b.random.IntN(6) {
		kind := []string{"orders", "creditmemos", "shipments"}[b.random.IntN(3)]
		b.kinds[kind][1+int64(b.random.IntN(len(b.kinds[kind])))] = b.now
	}
	for id, at := range b.kinds[kind] {
		if at == listing && b.random.IntN(200) == 0 {
			b.kinds[kind][id] = b.now
		}
	}
}

func (b *busy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind := strings.TrimPrefix(r.URL.Path, "/rest/V1/")
	from, before := bound(r.URL.Query(), 0, "gteq"), bound(r.URL.Query(), 1, "lt")
	b.asked++
	b.live(kind, from)
	type row struct {
		ID int64  `json:"entity_id"`
		At string `json:"updated_at"`
	}
	var found [][2]int64
	for id, at := range b.kinds[kind] {
		if at >= from && (before == 0 || at < before) {
			found = append(found, [2]int64{at, id})
		}
	}
	slices.SortFunc(found, func(a, b [2]int64) int { return slices.Compare(a[:], b[:]) })
	size, _ := strconv.Atoi(r.URL.Query().Get("searchCriteria[pageSize]"))
	if b.small {
		size = 30
	}
	page, _ := strconv.Atoi(r.URL.Query().Get("searchCriteria[currentPage]"))
	last := max(1, (len(found)+size-1)/size)
	first := (min(page, last) - 1) * size
	rows := []row{}
	for _, f := range found[first:min(first+size, len(found))] {
		rows = append(rows, row{f[1], time.Unix(f[0], 0).UTC().Format(time.DateTime)})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"items": rows, "total_count": len(found)})
}

// bound returns the time of a filter group of one filter; 0 where there is no such group.
func bound(q url.Values, group int, condition string) int64 {
	f := "searchCriteria[filter_groups][" + strconv.Itoa(group) + "][filters][0]"
	at, err := time.Parse(time.DateTime, q.Get(f+"[value]"))
	if err != nil || q.Get(f+"[condition_type]") != condition || q.Get(f+"[field]") != "updated_at" {
		return 0
	}
	return at.Unix()
}

// TestListWhileThingsChange: whatever changes while a shop is listed, with each Until all
// that changed before it has been listed, and at the end all that did not change again.
// A listing that breaks off goes on from the last Until.
func TestListWhileThingsChange(t *testing.T) {
	for seed := range uint64(4) {
		b := busyShop(seed)
		b.still, b.small = seed == 0, seed == 3
		server := httptest.NewServer(b)
		l := reviewed(t, `api: {url: "`+server.URL+`", access_token: abcdefghijklmnop, rate: 100000}`).(erpbridge.Lister)
		names := map[string]string{"orders": "order", "creditmemos": "creditmemo", "shipments": "shipment"}
		id := func(kind string, id, at int64) string {
			return "poll:" + names[kind] + "/" + strconv.FormatInt(id, 10) + "@" + time.Unix(at, 0).UTC().Format(time.RFC3339)
		}
		since := time.Unix(b.now-20_000+5, 0)
		begin := since.Unix()
		first := map[string]map[int64]int64{}
		for kind, things := range b.kinds {
			first[kind] = map[int64]int64{}
			for id, at := range things {
				first[kind][id] = at
			}
		}
		listed, cursors, from, untils, cursor := map[string]bool{}, map[string]bool{}, since, 0, ""
		for broken := false; ; {
			page, err := l.List(t.Context(), since, cursor)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page.Messages {
				if listed[m.ID] && !broken {
					t.Errorf("seed %d: %s is listed twice", seed, m.ID)
				}
				listed[m.ID] = true
			}
			if !page.Until.IsZero() {
				untils++
				if !page.Until.After(from) {
					t.Errorf("seed %d: Until goes from %s to %s", seed, from, page.Until)
				}
				from = page.Until
				for kind, things := range b.kinds {
					for n, at := range things {
						if at >= since.Unix() && at < page.Until.Unix() && !listed[id(kind, n, at)] {
							t.Fatalf("seed %d: %s is before %s, and not listed", seed, id(kind, n, at), page.Until)
						}
					}
				}
			}
			if page.Next == "" {
				break
			}
			if cursors[page.Next] {
				t.Fatalf("seed %d: the cursors go in circles at %s", seed, page.Next)
			}
			cursors[page.Next], cursor = true, page.Next
			if untils == 2 && !broken && seed%2 == 1 && page.Until.IsZero() { // in the midst of the third slice
				broken, since, cursor, cursors = true, from, "", map[string]bool{}
			}
		}
		server.Close()
		if untils < 3 && !b.small || untils < 8 && b.small {
			t.Errorf("seed %d: %d times Until", seed, untils)
		}
		for kind, things := range b.kinds {
			for n, at := range things {
				if at == first[kind][n] && at >= begin && !listed[id(kind, n, at)] {
					t.Errorf("seed %d: %s is not listed", seed, id(kind, n, at))
				}
			}
		}
		t.Logf("seed %d: %d requests, %d listed, %d times Until", seed, b.asked, len(listed), untils)
	}
}
