package filetransfer

import (
	"context"
	"errors"

	"github.com/hakooi/erpbridge"
)

// Find tells what became of documents, by their keys: one Result for each, with a
// Receipt as Put gives it, or an error of kind Missing for a document that went into no
// file. A file that was journaled and is not visible yet is made visible: what Find
// returns a Receipt for was delivered.
func (t *Transfer) Find(ctx context.Context, keys ...string) []erpbridge.Result {
	results := make([]erpbridge.Result, len(keys))
	s, err := t.open(ctx)
	if err != nil {
		for i := range results {
			results[i].Err = err
		}
		return results
	}
	defer s.release()
	finished := make(map[string]erpbridge.Result) // by file
	for i, key := range keys {
		results[i] = t.find(ctx, s, key, finished)
	}
	return results
}

func (t *Transfer) find(ctx context.Context, s session, key string, finished map[string]erpbridge.Result) erpbridge.Result {
	const op = "filetransfer.Find"
	name, _, err := t.claimOf(s, key)
	if err != nil {
		return erpbridge.Result{Err: failed(op, err)}
	}
	if name == "" {
		return erpbridge.Result{Err: missing(op)}
	}
	if r, ok := finished[name]; ok {
		return r
	}
	e, err := t.standing(s, name)
	switch {
	case err != nil:
		return erpbridge.Result{Err: failed(op, err)}
	case e == nil:
		return erpbridge.Result{Err: missing(op)}
	}
	if err := t.settle(ctx, s, e); err != nil {
		return erpbridge.Result{Err: failed(op, err)}
	}
	var r erpbridge.Result
	if err := t.finish(ctx, s, e); err != nil {
		r.Err = doubtful(op, err)
	} else {
		r.Receipt, r.Err = e.receipt()
	}
	finished[name] = r
	return r
}

func missing(op string) error {
	return &erpbridge.Error{Op: op, Kind: erpbridge.Missing, Err: errors.New("no file was made of it")}
}
