package ax2012

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

	mu    sync.Mutex
	watch filetransfer.Watch
	at    time.Duration          // of the last look, by the watch
	read  map[string]*response   // by the name of the file
	about map[string][]*response // by the message they answer, the oldest first
}

// A response is one response file.
type response struct {
	file   filetransfer.Ack // without its body
	id     string           // of the message it answers, in capitals; "" for what is none of ours
	result erpbridge.Result
	told   bool
	since  time.Duration // by the watch: when it was told last, or else read
}

// booked reports whether AX gave the order a number.
func (r *response) booked() bool { return r.result.Err == nil && r.result.Receipt.Ref != "" }

// Responses are put away when they were told and not asked for again for so long; those
// that nobody asked for, after a month: a document that was given up for dead may be asked
// about again when a person has looked at it. A refusal stays as long, for the next state
// of its order, see forget. Where there are many it is two days.
//
// All of it is time in which there were questions, and counts from when this process read
// them: how old a file is says nothing about whether anybody could ask.
const (
	toldFor    = time.Hour
	keptFor    = 30 * 24 * time.Hour
	crowd      = 10_000
	crowdedFor = 48 * time.Hour
)

func (r *responses) clock() time.Time {
	if r.now != nil {
		return r.now()
	}
	return time.Now()
}

// whole reports whether a response was written to its end: AIF writes XML, whose last tag
// is its end.
func whole(body []byte) bool {
	_, err := soap.Parse(body, "")
	return err == nil
}

// Confirm reads the response files.
func (f byFile) Confirm(ctx context.Context, accepted []erpbridge.Accepted) []erpbridge.Result {
	results := make([]erpbridge.Result, len(accepted))
	f.acks.mu.Lock()
	defer f.acks.mu.Unlock()
	if err := f.look(ctx); err != nil {
		for i := range results {
			results[i].Err = err
		}
		return results
	}
	var answered []erpbridge.Accepted
	var at []int
	waiting := "AIF has not answered yet" + f.unread()
	for i, a := range accepted {
		if len(f.acks.about[strings.ToUpper(a.Ref)]) > 0 {
			answered, at = append(answered, a), append(at, i)
			continue
		}
		results[i].Receipt = erpbridge.Receipt{Ref: a.Ref, Accepted: true, Warning: waiting}
	}
	doubts, err := f.doubtful(ctx, answered)
	for n, i := range at {
		switch {
		case err != nil:
			results[i].Err = err
		case doubts[n]:
			results[i] = f.inDoubt(f.answer(answered[n]))
		default:
			results[i] = f.answer(answered[n])
		}
	}
	f.putAway(ctx)
	return results
}

// answer is what AIF said of a document. Of several responses to one message, because AIF
// saw a file twice, the one counts that has AX's number.
func (f byFile) answer(a erpbridge.Accepted) erpbridge.Result {
	all := f.acks.about[strings.ToUpper(a.Ref)]
	counts := all[len(all)-1]
	for _, r := range all {
		r.told, r.since = true, f.acks.at
		if r.booked() {
			counts = r
		}
	}
	return f.nameless(a, counts.result)
}

// unread tells of files whose words are not known.
func (f byFile) unread() string {
	said := ""
	if n := f.files.Unread(); n > 0 {
		said = fmt.Sprintf("; %d files in the folder are not whole yet, or too many to be read at once", n)
	}
	if strange := f.acks.about[""]; len(strange) > 0 {
		said += fmt.Sprintf("; %d files in the folder are no responses that can be read, such as %s", len(strange), strange[0].file.Name)
	}
	return said
}

// nameless is what a response says, without whom it quotes.
func (f byFile) nameless(a erpbridge.Accepted, r erpbridge.Result) erpbridge.Result {
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

// look reads the files that were not read yet and forgets those that are gone.
func (f byFile) look(ctx context.Context) error {
	files, err := f.files.Acks(ctx)
	if err != nil {
		return err
	}
	r := &f.acks
	r.at = r.watch.Look(r.clock())
	there := make(map[string]*response, len(files))
	fresh := false
	for _, file := range files {
		one := r.read[file.Name]
		if one == nil || one.file.Reading != file.Reading {
			one = &response{file: file, since: r.at}
			one.id, one.result = f.response("ax2012.Confirm", file.Body)
			one.file.Body, fresh = nil, true
		}
		there[file.Name] = one
	}
	if !fresh && len(there) == len(r.read) {
		return nil
	}
	r.read, r.about = there, make(map[string][]*response, len(there))
	for _, file := range files { // the oldest first
		one := there[file.Name]
		r.about[one.id] = append(r.about[one.id], one)
	}
	return nil
}

// putAway is done with the responses that have done their duty. What is no response stays,
// for somebody to look at.
func (f byFile) putAway(ctx context.Context) {
	kept := keptFor
	if len(f.acks.read) > crowd {
		kept = crowdedFor
	}
	for _, r := range f.acks.read {
		due := kept
		if r.told && r.result.Err == nil {
			due = toldFor
		}
		if r.id == "" || f.acks.at-r.since < due {
			continue
		}
		if f.files.Done(ctx, r.file) != nil {
			return // the next time
		}
		f.acks.drop(r)
	}
}

// drop forgets a response that was put away.
func (r *responses) drop(one *response) {
	delete(r.read, one.file.Name)
	left := slices.DeleteFunc(r.about[one.id], func(other *response) bool { return other == one })
	if r.about[one.id] = left; len(left) == 0 {
		delete(r.about, one.id)
	}
}
