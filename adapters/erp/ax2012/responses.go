package ax2012

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/filetransfer"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// responses are what AIF's response files say. Nobody tells when what one of them says is
// recorded: it stays until it was told and not asked for again for a while.
type responses struct {
	now func() time.Time // nil: time.Now

	mu   sync.Mutex
	read map[string]*response // by the name of the file
}

// A response is one response file.
type response struct {
	file   filetransfer.Ack
	id     string // of the message it answers, in capitals; "" for what is none of ours
	result erpbridge.Result
	told   time.Time // when that was told last
}

// Responses are put away when they were told and not asked for again for so long; those
// that nobody ever asked for, after a day.
const (
	toldFor   = 15 * time.Minute
	unreadFor = 24 * time.Hour
)

func (r *responses) clock() time.Time {
	if r.now != nil {
		return r.now()
	}
	return time.Now()
}

// Confirm reads the response files.
func (f byFile) Confirm(ctx context.Context, accepted []erpbridge.Accepted) []erpbridge.Result {
	results := make([]erpbridge.Result, len(accepted))
	files, err := f.files.Acks(ctx)
	if err != nil {
		for i := range results {
			results[i].Err = err
		}
		return results
	}
	f.acks.mu.Lock()
	defer f.acks.mu.Unlock()
	said := f.acks.take(files, f.response)
	for i, a := range accepted {
		r, ok := said[strings.ToUpper(a.Ref)]
		if !ok {
			results[i].Receipt = erpbridge.Receipt{Ref: a.Ref, Accepted: true, Warning: "AIF has not answered yet"}
			continue
		}
		r.told = f.acks.clock()
		results[i] = f.about(a, r.result)
	}
	f.putAway(ctx)
	return results
}

// about is what a response says, without whom it quotes.
func (f byFile) about(a erpbridge.Accepted, r erpbridge.Result) erpbridge.Result {
	var known *erpbridge.Error
	if !errors.As(r.Err, &known) {
		return r
	}
	order, err := soap.Parse(a.Body, "")
	if err != nil {
		return r
	}
	said := *known
	said.Err = errors.New(f.reason(known.Err.Error(), order))
	return erpbridge.Result{Receipt: r.Receipt, Err: &said}
}

// take reads the files it has not read, forgets those that are gone, and returns the
// responses by the message they answer, the last of several. What cannot be read is read
// again: it may not have been whole.
func (r *responses) take(files []filetransfer.Ack, read func(op string, body []byte) (string, erpbridge.Result)) map[string]*response {
	there := make(map[string]*response, len(files))
	said := make(map[string]*response, len(files))
	for _, file := range files { // the oldest first
		one := r.read[file.Name]
		if one == nil || one.id == "" {
			one = &response{file: file}
			one.id, one.result = read("ax2012.Confirm", file.Body)
		}
		there[file.Name] = one
		if one.id != "" {
			said[one.id] = one
		}
	}
	r.read = there
	return said
}

// putAway is done with the responses that have done their duty.
func (f byFile) putAway(ctx context.Context) {
	now := f.acks.clock()
	for name, r := range f.acks.read {
		done := !r.told.IsZero() && now.Sub(r.told) > toldFor || r.told.IsZero() && now.Sub(r.file.Modified) > unreadFor
		if done && f.files.Done(ctx, r.file) == nil {
			delete(f.acks.read, name)
		}
	}
}

// forget puts away what AIF said to earlier states of orders that are about to be put
// down. All states of an order are one message to AIF: its answer to one of them would be
// taken for that to the next. What was put down already keeps its answers.
func (f byFile) forget(ctx context.Context, docs []erpbridge.Document, sent []int) error {
	keys := make([]string, len(sent))
	for i, n := range sent {
		keys[i] = docs[n].Key
	}
	earlier := map[string]bool{}
	for i, r := range f.files.Find(ctx, keys...) {
		if erpbridge.KindOf(r.Err) == erpbridge.Missing {
			earlier[strings.ToUpper(f.messageID(docs[sent[i]].Record))] = true
		}
	}
	if len(earlier) == 0 {
		return nil
	}
	files, err := f.files.Acks(ctx)
	if err != nil {
		return err
	}
	f.acks.mu.Lock()
	defer f.acks.mu.Unlock()
	f.acks.take(files, f.response)
	for name, r := range f.acks.read {
		if !earlier[r.id] {
			continue
		}
		if err := f.files.Done(ctx, r.file); err != nil {
			return err
		}
		delete(f.acks.read, name)
	}
	return nil
}
