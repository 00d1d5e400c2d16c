package netsuite

import (
	"sync"
	"time"
)

// mostItems is how many items are kept.
const mostItems = 10000

// An itemCache keeps which items were found, for a while. That there is none is not kept:
// it is to be noticed as soon as there is. It may be used by many goroutines at once.
type itemCache struct {
	keep time.Duration
	most int

	mu    sync.Mutex
	items map[itemKey]kept
}

type kept struct {
	id    string
	until time.Time
}

func newItemCache(keep time.Duration) *itemCache {
	return &itemCache{keep: keep, most: mostItems, items: map[itemKey]kept{}}
}

func (c *itemCache) get(k itemKey, now time.Time) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	held, ok := c.items[k]
	if ok && !now.Before(held.until) {
		delete(c.items, k)
		return "", false
	}
	return held.id, ok
}

// put keeps an item. Where there is no room, what is too old goes, and if that is not
// enough, any one: it costs a look-up.
func (c *itemCache) put(k itemKey, id string, now time.Time) {
	if c.keep <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, there := c.items[k]; !there && len(c.items) >= c.most {
		c.makeRoom(now)
	}
	c.items[k] = kept{id, now.Add(c.keep)}
}

func (c *itemCache) makeRoom(now time.Time) {
	for k, held := range c.items {
		if !now.Before(held.until) {
			delete(c.items, k)
		}
	}
	for k := range c.items {
		if len(c.items) < c.most {
			return
		}
		delete(c.items, k)
	}
}

func (c *itemCache) drop(k itemKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.items, k)
}
