package suitetalk

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Record is what the account holds of one customer or transaction. Amounts are exact decimals with at least two decimals.
type Record struct {
	Type        string `json:"type"`
	InternalID  string `json:"internalId"`
	ExternalID  string `json:"externalId,omitempty"`
	OtherRefNum string `json:"otherRefNum,omitempty"`
	TranID      string `json:"tranId,omitempty"`
	Entity      string `json:"entity,omitempty"`      // internal id of the customer
	SalesOrder  string `json:"salesOrder,omitempty"`  // of a deposit: internal id of its order
	CreatedFrom string `json:"createdFrom,omitempty"` // of a refund: internal id of the transaction it was made of
	Email       string `json:"email,omitempty"`
	Memo        string `json:"memo,omitempty"` // of a customer: comments

	Currency     string `json:"currency,omitempty"`
	SubTotal     string `json:"subTotal,omitempty"`
	Discount     string `json:"discount,omitempty"`
	ShippingCost string `json:"shippingCost,omitempty"`
	TaxTotal     string `json:"taxTotal,omitempty"`
	Total        string `json:"total,omitempty"` // of a deposit: the payment
	Lines        int    `json:"lines"`
	Closed       bool   `json:"closed,omitempty"` // all lines are

	CreatedAt  time.Time `json:"createdAt"`
	ModifiedAt time.Time `json:"modifiedAt"`
	// Created is how often it was created: once, as long as the rules hold.
	Created int `json:"created"`
	// Updated counts all updates, Repeated those of them that sent the content
	// of the write before once more.
	Updated  int `json:"updated"`
	Repeated int `json:"repeated"`

	// Hash is the SHA-256 of the content last sent, in canonical form.
	Hash string `json:"hash"`
	// Content is the record as stored: its XML without namespace declarations,
	// under the prefixes of the vendor's documentation.
	Content string `json:"content,omitempty"`
}

const firstInternalID = 1001

// A slot is what is kept in memory of a record: what it is found by. The record
// itself is in the journal.
type slot struct {
	number            int // internal id
	typ, externalID   string
	email             string  // of a customer, if they must be unique
	created, modified int64   // Unix time in nanoseconds
	at, before        place   // of the last write, and of the one before that
	pending           *Record // written by a batch that is not in the journal yet
}

func (s *slot) internalID() string { return strconv.Itoa(s.number) }

// A key is what the ERP knows a record by that somebody else named.
type key struct{ typ, externalID string }

// A ledger holds the records. Its lock is held over the whole of a write, from
// look-up to journal, and while records are read.
type ledger struct {
	read       func(place) (*Record, error) // of the journal
	keepEmails bool

	mu         sync.Mutex
	slots      []*slot         // by internal id, from the first on: oldest first
	byExternal map[key][]*slot // oldest first; more than one only if externalIds need not be unique
	byEmail    map[string]*slot
	held       map[string]int // records by type
}

func newLedger(keepEmails bool) *ledger {
	l := &ledger{keepEmails: keepEmails}
	l.clear()
	return l
}

func (l *ledger) clear() {
	l.slots = nil
	l.byExternal = make(map[key][]*slot)
	l.byEmail = make(map[string]*slot)
	l.held = make(map[string]int)
}

// reset empties the ledger if rotate, called under the lock, succeeds.
func (l *ledger) reset(rotate func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := rotate(); err != nil {
		return err
	}
	l.clear()
	return nil
}

// restore puts an effect of the journal back.
func (l *ledger) restore(e Entry, at place) error {
	if e.Kind != Effect {
		return nil
	}
	if e.Record == nil {
		return fmt.Errorf("effect %d has no record", e.Seq)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if number, err := strconv.Atoi(e.Record.InternalID); err != nil || number < firstInternalID || number > l.nextID() {
		return fmt.Errorf("effect %d is on a record %q, which cannot be", e.Seq, e.Record.InternalID)
	}
	s, _ := l.put(e.Record)
	s.settle(at)
	return nil
}

// nextID is the internal id of the next record that is created. Internal ids have
// no gaps.
func (l *ledger) nextID() int { return firstInternalID + len(l.slots) }

// put stores a record, new or changed, until settle tells where the journal has
// it. It returns how to undo that. The caller holds the lock.
func (l *ledger) put(r *Record) (s *slot, undo func()) {
	s = l.byID(r.InternalID)
	if s == nil {
		s = &slot{number: l.nextID(), typ: r.Type, created: r.CreatedAt.UnixNano(), before: place{-1, 0}}
		l.slots = append(l.slots, s)
		l.held[s.typ]++
		undo = func() {
			l.unlist(s)
			l.slots = l.slots[:len(l.slots)-1]
			l.held[s.typ]--
		}
	} else {
		old := *s
		undo = func() {
			l.unlist(s)
			*s = old
			l.list(s)
		}
		l.unlist(s)
	}
	s.externalID, s.modified, s.pending = strings.Clone(r.ExternalID), r.ModifiedAt.UnixNano(), r
	if l.keepEmails && r.Type == "customer" {
		s.email = strings.ToLower(r.Email)
	}
	l.list(s)
	return s, undo
}

// settle tells where the journal has what was put last.
func (s *slot) settle(at place) {
	s.before, s.at, s.pending = s.at, at, nil
}

// list makes a slot findable, and unlist no longer so.
func (l *ledger) list(s *slot) {
	if s.externalID != "" {
		k := key{s.typ, s.externalID}
		all := l.byExternal[k]
		at, _ := slices.BinarySearchFunc(all, s.number, func(other *slot, number int) int { return other.number - number })
		l.byExternal[k] = slices.Insert(all, at, s)
	}
	if s.email != "" && l.byEmail[s.email] == nil {
		l.byEmail[s.email] = s
	}
}

func (l *ledger) unlist(s *slot) {
	k := key{s.typ, s.externalID}
	if rest := slices.DeleteFunc(l.byExternal[k], func(other *slot) bool { return other == s }); len(rest) > 0 {
		l.byExternal[k] = rest
	} else {
		delete(l.byExternal, k)
	}
	if l.byEmail[s.email] == s {
		delete(l.byEmail, s.email)
	}
}

func (l *ledger) byID(internalID string) *slot {
	n, err := strconv.Atoi(internalID)
	if at := n - firstInternalID; err == nil && at >= 0 && at < len(l.slots) && l.slots[at].internalID() == internalID {
		return l.slots[at]
	}
	return nil
}

// all returns the records a reference names, oldest first. The caller holds the
// lock.
func (l *ledger) all(typ, internalID, externalID string) []*slot {
	if internalID == "" {
		return l.byExternal[key{typ, externalID}]
	}
	if s := l.byID(internalID); s != nil && s.typ == typ {
		return []*slot{s}
	}
	return nil
}

// find returns the oldest record a reference names, or nil. The caller holds the
// lock.
func (l *ledger) find(typ, internalID, externalID string) *slot {
	if all := l.all(typ, internalID, externalID); len(all) > 0 {
		return all[0]
	}
	return nil
}

// load returns a record as it is. The caller holds the lock.
func (l *ledger) load(s *slot) (*Record, error) {
	if s.pending != nil {
		return s.pending, nil
	}
	return l.read(s.at)
}

// asOf returns a record as it was at a time; nil if it was not there yet. What is
// known is the state before the last write, so that is the oldest it returns. The
// caller holds the lock.
func (l *ledger) asOf(s *slot, t time.Time) (*Record, error) {
	switch at := t.UnixNano(); {
	case s.created > at:
		return nil, nil
	case s.modified > at && s.created < s.modified:
		return l.read(s.before)
	}
	return l.load(s)
}

// trades tells whether a customer has transactions. The caller holds the lock. It goes
// through all records, and is asked only when something is about to be refused.
func (l *ledger) trades(customer string) bool {
	return slices.ContainsFunc(l.slots, func(s *slot) bool {
		r, err := l.load(s)
		return err == nil && r.Entity == customer
	})
}

// records returns the records of a type, or of all, oldest first. Of those that
// cannot be read it returns what they are found by, and an error.
func (l *ledger) records(typ string) (rs []Record, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.slots {
		if typ != "" && typ != s.typ {
			continue
		}
		r, lerr := l.load(s)
		if lerr != nil {
			r = &Record{Type: s.typ, InternalID: s.internalID(), ExternalID: s.externalID}
			err = cmp.Or(err, fmt.Errorf("reading record %s: %w", r.InternalID, lerr))
		}
		rs = append(rs, *r)
	}
	return rs, err
}

func (l *ledger) record(typ, externalID string) (Record, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.find(typ, "", externalID)
	if s == nil {
		return Record{}, false
	}
	r, err := l.load(s)
	if err != nil {
		return Record{}, false
	}
	return *r, true
}

// counts returns how many records there are of each type.
func (l *ledger) counts() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.held)
}
