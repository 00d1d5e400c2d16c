package bc

import (
	"context"
	"fmt"
	"sync"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
)

// unfinished are the records whose creation broke off: the ERP has been seen to create an
// order with none of its lines, or some. Only they are completed. A record that merely has
// fewer lines than ours says nothing of why: its creation may have broken off, the shop may
// have added a line since, or a clerk may have taken one out, which must not come back.
//
//	Create ──▶ incomplete ──▶ unfinished, completed at once ──▶ Receipt
//	                                          └─▶ busy ──▶ InDoubt
//	in doubt ──▶ Find ──▶ incomplete ──▶ unfinished ──▶ the next Deliver completes it
//
// It is a record that is unfinished, and not a state of it: a newer state may be the one
// that completes it. What is not known here any more, after a restart, a look-up tells
// again, for what is in doubt stays so in the outbox. What a restart does lose is an order
// that the ERP refuses to complete, a dead letter, and one that waits after its look-up:
// then one without any lines is Held, and the setting changes decides of one that has some.
// The zero value is ready.
type unfinished struct {
	mu      sync.Mutex
	records map[string]bool
}

func (u *unfinished) add(r *lifted) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.records == nil {
		u.records = map[string]bool{}
	}
	u.records[r.id()] = true
}

func (u *unfinished) drop(r *lifted) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.records, r.id())
}

func (u *unfinished) has(r *lifted) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.records[r.id()]
}

// id names the record in the ERP.
func (l *lifted) id() string { return l.service + "/" + fold(l.reference) }

// finish decides about a record that was created just now, and not as it should have been;
// story says how. What it lacks is added at once.
func (e *ERP) finish(ctx context.Context, s *service, p *page, r *lifted, theirs *etree.Element, story string) erpbridge.Result {
	e.unfinished.add(r)
	no := e.reason(value(theirs, "No"))
	theirs, like, err := e.compare(ctx, deliverOp, s, p, r, theirs)
	if err != nil {
		return erpbridge.Result{Err: &erpbridge.Error{
			Op: deliverOp, Kind: erpbridge.InDoubt, Err: fmt.Errorf("%s: %s, which could not be read: %s", story, no, e.reason(err.Error())),
		}}
	}
	if like.state == incomplete {
		return e.complete(ctx, s, p, r, theirs, like)
	}
	e.unfinished.drop(r)
	receipt := erpbridge.Receipt{Ref: no, Raw: e.evidence(theirs), Warning: story}
	if like.state == another {
		receipt.Warning += "; the ERP made something else of it: " + e.reason(like.differ)
	}
	return erpbridge.Result{Receipt: receipt}
}
