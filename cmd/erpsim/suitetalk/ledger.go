package suitetalk

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Record is what the account holds of one customer, sales order or customer
// deposit. Amounts are exact decimals with at least two decimals.
type Record struct {
	Type        string `json:"type"`
	InternalID  string `json:"internalId"`
	ExternalID  string `json:"externalId,omitempty"`
	OtherRefNum string `json:"otherRefNum,omitempty"`
	TranID      string `json:"tranId,omitempty"`
	Entity      string `json:"entity,omitempty"`     // internal id of the customer
	SalesOrder  string `json:"salesOrder,omitempty"` // of a deposit: internal id of its order
	Email       string `json:"email,omitempty"`
	Memo        string `json:"memo,omitempty"` // of a customer: comments

	Currency     string `json:"currency,omitempty"`
	SubTotal     string `json:"subTotal,omitempty"`
	Discount     string `json:"discount,omitempty"`
	ShippingCost string `json:"shippingCost,omitempty"`
	TaxTotal     string `json:"taxTotal,omitempty"`
	Total        string `json:"total,omitempty"` // of a deposit: the payment
	Lines        int    `json:"lines"`

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

// A ledger holds the records. A *Record in it is never changed, only replaced.
// Its lock is held over the whole of a write, from look-up to journal.
type ledger struct {
	mu         sync.Mutex
	byID       map[string]*Record
	byExternal map[string]*Record // type + "/" + externalId
	byEmail    map[string]*Record // customers
	order      []string           // internal ids, oldest first
	lastID     int
}

func newLedger() *ledger {
	l := &ledger{}
	l.clear()
	return l
}

func (l *ledger) clear() {
	l.byID = make(map[string]*Record)
	l.byExternal = make(map[string]*Record)
	l.byEmail = make(map[string]*Record)
	l.order = nil
	l.lastID = firstInternalID - 1
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
func (l *ledger) restore(e Entry) error {
	if e.Kind != Effect {
		return nil
	}
	if e.Record == nil {
		return fmt.Errorf("effect %d has no record", e.Seq)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put(e.Record)
	return nil
}

// put stores a record, new or changed. The caller holds the lock.
func (l *ledger) put(r *Record) {
	if old := l.byID[r.InternalID]; old != nil {
		delete(l.byExternal, old.Type+"/"+old.ExternalID)
		if l.byEmail[emailKey(old)] == old {
			delete(l.byEmail, emailKey(old))
		}
	} else {
		l.order = append(l.order, r.InternalID)
	}
	l.byID[r.InternalID] = r
	if r.ExternalID != "" {
		l.byExternal[r.Type+"/"+r.ExternalID] = r
	}
	if r.Type == "customer" && r.Email != "" && l.byEmail[emailKey(r)] == nil {
		l.byEmail[emailKey(r)] = r
	}
	if id, err := strconv.Atoi(r.InternalID); err == nil {
		l.lastID = max(l.lastID, id)
	}
}

func emailKey(r *Record) string { return strings.ToLower(r.Email) }

// find returns the record a reference names, or nil. The caller holds the lock.
func (l *ledger) find(typ, internalID, externalID string) *Record {
	if internalID != "" {
		if r := l.byID[internalID]; r != nil && r.Type == typ {
			return r
		}
		return nil
	}
	return l.byExternal[typ+"/"+externalID]
}

func (l *ledger) records(typ string) []Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	var rs []Record
	for _, id := range l.order {
		if r := l.byID[id]; typ == "" || r.Type == typ {
			rs = append(rs, *r)
		}
	}
	return rs
}

func (l *ledger) record(typ, externalID string) (Record, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.byExternal[typ+"/"+externalID]
	if r == nil {
		return Record{}, false
	}
	return *r, true
}

// counts returns how many records there are of each type.
func (l *ledger) counts() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := make(map[string]int)
	for _, t := range recordTypes {
		n[t.name] = 0
	}
	for _, r := range l.byID {
		n[r.Type]++
	}
	return n
}
