package sapidoc

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/filetransfer"
)

// quiet is for how long nobody may have asked for anything in a file of confirmations
// before it is done with. Whoever asks does so several times an hour.
const quiet = 6 * time.Hour

// confirmations are the ALEAUD files that SAP wrote.
//
//	file there ──▶ read ──▶ its words are told to whoever asks ──hours of quiet──▶ done: moved or deleted
//
// A file is not done once its words were told: whoever was told may have died before he
// wrote it down, and asks again. So nothing needs to be remembered here; a daemon that
// starts reads what is there.
type confirmations struct {
	*ERP

	mu    sync.Mutex
	files map[string]*ackFile
}

// An ackFile is a file of confirmations that was read.
type ackFile struct {
	ack   filetransfer.Ack
	words map[string]word // by DOCNUM
	asked time.Time       // when it was read, or when anything in it was asked for last
	bad   string          // why it was not understood
}

const confirmOp = "sapidoc.Confirm"

// Confirm looks for accepted in the files of confirmations.
func (c *confirmations) Confirm(ctx context.Context, accepted []erpbridge.Accepted) []erpbridge.Result {
	results := make([]erpbridge.Result, len(accepted))
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.read(ctx); err != nil {
		for i := range results {
			results[i].Err = err
		}
		return results
	}
	for i, a := range accepted {
		w, ok := c.wordOn(a.Ref)
		if !ok {
			results[i].Receipt = erpbridge.Receipt{Ref: a.Ref, Accepted: true, Warning: "no ALEAUD tells of it yet" + c.unread()}
			continue
		}
		results[i] = c.result(confirmOp, w)
	}
	c.clear(ctx)
	return results
}

// wordOn returns the word that counts on a DOCNUM, and notes that it was asked for.
func (c *confirmations) wordOn(docnum string) (word, bool) {
	var counts word
	var at time.Time
	found := false
	for _, f := range c.files {
		w, ok := f.words[docnum]
		if !ok {
			continue
		}
		f.asked = c.now()
		heavier := weight[w.outcome] - weight[counts.outcome]
		if !found || heavier > 0 || heavier == 0 && f.ack.Modified.After(at) {
			counts, at, found = w, f.ack.Modified, true
		}
	}
	return counts, found
}

// unread tells of a file that was not understood, if there is one.
func (c *confirmations) unread() string {
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		if why := c.files[name].bad; why != "" {
			return c.reason("; the file " + name + " was not understood: " + why)
		}
	}
	return ""
}

// read reads the files that were not read yet.
func (c *confirmations) read(ctx context.Context) error {
	acks, err := c.ERP.files.Acks(ctx)
	if err != nil {
		return err
	}
	there := make(map[string]*ackFile, len(acks))
	for _, a := range acks {
		f := c.files[a.Name]
		if f == nil {
			f = c.open(a)
		}
		there[a.Name] = f
	}
	c.files = there
	return nil
}

// open reads a file. One that is not understood stays where it is, for somebody to look
// at: that something is wrong with it is told with every IDoc nobody confirms.
func (c *confirmations) open(a filetransfer.Ack) *ackFile {
	f := &ackFile{ack: a, words: map[string]word{}, asked: c.now()}
	f.ack.Body = nil
	words, err := c.readALEAUD(a.Body)
	if err != nil {
		f.bad = c.reason(err.Error())
		return f
	}
	for _, w := range words {
		if before, ok := f.words[w.docnum]; ok {
			w = newer(before, w)
		}
		f.words[w.docnum] = w
	}
	return f
}

// clear is done with the files that nobody asks for any more.
func (c *confirmations) clear(ctx context.Context) {
	for name, f := range c.files {
		if f.bad != "" || c.now().Sub(f.asked) < quiet {
			continue
		}
		if err := c.ERP.files.Done(ctx, f.ack); err != nil {
			return // the next time
		}
		delete(c.files, name)
	}
}
