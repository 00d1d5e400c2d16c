package fo

import (
	"context"
	"errors"
	"fmt"

	"github.com/hakooi/erpbridge"
)

const findOp = "fo.Find"

// Find looks the orders of docs up. One that stands there in this very state is found, and
// one whose import is under way is accepted. Anything else is as good as missing: it is to
// be imported (again), and its keys make that safe.
func (e *ERP) Find(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	results := make([]erpbridge.Result, len(docs))
	if len(docs) > MaxBatch {
		return all(results, e.client.fail(findOp, erpbridge.Refused, fmt.Errorf("%d documents in one look-up, it takes %d", len(docs), MaxBatch)))
	}
	sought := e.lift(findOp, docs, results, erpbridge.Refused)
	if len(sought) == 0 {
		return results
	}
	rest := e.findThere(ctx, sought, results)
	if len(rest) == 0 || e.conf.Mode != Package {
		return results
	}
	if none := e.withoutImport(ctx, rest, results); len(none) > 0 {
		// No import of theirs is under way: one that was, when the orders were read, has
		// ended since.
		e.findThere(ctx, none, results)
	}
	return results
}

// findThere reads the orders and returns those that are not there in this very state.
func (e *ERP) findThere(ctx context.Context, sought []lifted, results []erpbridge.Result) (rest []lifted) {
	findings, err := e.look(ctx, findOp, ordersOf(sought))
	if err != nil {
		for _, s := range sought {
			results[s.index].Err = harmless(err)
		}
		return nil
	}
	for i, s := range sought {
		if f := findings[i]; f.exact() {
			results[s.index] = erpbridge.Result{Receipt: e.receipt(s.order, "", f.remarks())}
			continue
		}
		results[s.index].Err = e.client.fail(findOp, erpbridge.Missing, errors.New(findings[i].lacks()))
		rest = append(rest, s)
	}
	return rest
}

// withoutImport finds out which orders that are not there are being imported: together, as
// they were sent, or one by one. It returns those of which no import is under way. Of each
// it is asked: one that was not asked about is not missing. Where a question gets no
// answer F&O is spared those that are left, which stay as open as that one.
func (e *ERP) withoutImport(ctx context.Context, rest []lifted, results []erpbridge.Result) (none []lifted) {
	if free, err := e.noImport(ctx, rest, results); err != nil || !free {
		return nil
	}
	if len(rest) == 1 {
		return rest
	}
	for i, s := range rest {
		free, err := e.noImport(ctx, []lifted{s}, results)
		if err != nil && erpbridge.KindOf(err) != erpbridge.Invalid { // that is about this one
			for _, left := range rest[i:] {
				results[left.index] = erpbridge.Result{Err: harmless(err)}
			}
			return none
		}
		if free {
			none = append(none, s)
		}
	}
	return none
}

// noImport reports that orders which were sent together are not being imported. If they
// are, or that could not be learnt, they get their results; the error is why it could not.
func (e *ERP) noImport(ctx context.Context, group []lifted, results []erpbridge.Result) (bool, error) {
	id, running, err := e.nextExecution(ctx, findOp, group)
	for _, s := range group {
		switch {
		case err != nil:
			results[s.index] = erpbridge.Result{Err: harmless(err)}
		case running != "":
			results[s.index] = erpbridge.Result{Receipt: accepted(executionRef+id, running)}
		}
	}
	return err == nil && running == "", err
}

// harmless is the error of a request without effect: it says nothing against the document.
func harmless(err error) error {
	var about *erpbridge.Error
	if !errors.As(err, &about) {
		return err
	}
	if about.Kind != erpbridge.InDoubt && about.Kind != erpbridge.Invalid {
		return err
	}
	told := *about
	told.Kind = erpbridge.Transient
	if about.Kind == erpbridge.Invalid {
		told.Kind = erpbridge.Unknown
	}
	return &told
}
