package sapidoc

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/filetransfer"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// A file of confirmations is done with when nobody has asked for anything in it for so
// long. Where somebody did, the others whom it is about were asked after in that time too;
// of a file nobody asked for there may still be a document that was given up for dead, and
// is asked after again when a person has looked at it. Where there are many files both are
// less.
//
// It is time in which there were questions, and counts from when this process read the
// file: a target that was paused for a day is asked after one batch at a time.
const (
	quiet        = 24 * time.Hour
	unasked      = 30 * 24 * time.Hour
	crowd        = 10_000
	quietInCrowd = 6 * time.Hour
	unaskedThere = 48 * time.Hour
)

// confirmations are the ALEAUD files that SAP wrote.
//
//	file there ──▶ read ──▶ its words are told to whoever asks ──a day of quiet──▶ done: moved or deleted
//
// A file is not done once its words were told: whoever was told may have died before he
// wrote it down, and asks again. So nothing needs to be remembered here; a daemon that
// starts reads what is there.
type confirmations struct {
	*ERP

	mu    sync.Mutex
	watch filetransfer.Watch
	at    time.Duration         // of the last look, by the watch
	files map[string]*ackFile   // by name
	about map[string][]*ackFile // by DOCNUM
	bad   []string              // names of those that were not understood
}

// An ackFile is a file of confirmations that was read.
type ackFile struct {
	ack   filetransfer.Ack
	words map[string]word // by DOCNUM
	asked bool            // somebody asked for something in it
	since time.Duration   // by the watch: when that was the last time, or else when it was read
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
	waiting := "no ALEAUD tells of it yet" + c.unread()
	for i, a := range accepted {
		w, ok := c.wordOn(a.Ref)
		if !ok {
			results[i].Receipt = erpbridge.Receipt{Ref: a.Ref, Accepted: true, Warning: waiting}
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
	for _, f := range c.about[docnum] {
		w := f.words[docnum]
		f.asked, f.since = true, c.at
		heavier := weight[w.outcome] - weight[counts.outcome]
		if !found || heavier > 0 || heavier == 0 && f.ack.Modified.After(at) {
			counts, at, found = w, f.ack.Modified, true
		}
	}
	return counts, found
}

// unread tells of files that were not read, and of one that was not understood, if there
// are any.
func (c *confirmations) unread() string {
	said := ""
	if n := c.ERP.files.Unread(); n > 0 {
		said = fmt.Sprintf("; %d files are not complete yet, or too many to be read at once", n)
	}
	if len(c.bad) > 0 {
		said += c.reason("; the file " + c.bad[0] + " was not understood: " + c.files[c.bad[0]].bad)
	}
	return said
}

// whole reports whether a file of confirmations was written to its end, the last tag.
func whole(body []byte) bool {
	_, err := soap.Parse(body, "")
	return err == nil
}

// read reads the files that were not read yet, and forgets those that are gone.
func (c *confirmations) read(ctx context.Context) error {
	if c.files == nil {
		c.ERP.files.Recognise(whole)
	}
	acks, err := c.ERP.files.Acks(ctx)
	if err != nil {
		return err
	}
	c.at = c.watch.Look(c.now())
	there := make(map[string]*ackFile, len(acks))
	fresh := false
	for _, a := range acks {
		f := c.files[a.Name]
		if f == nil || f.ack.Reading != a.Reading {
			f, fresh = c.open(a), true
		}
		there[a.Name] = f
	}
	if !fresh && len(there) == len(c.files) {
		return nil
	}
	c.files, c.about, c.bad = there, map[string][]*ackFile{}, nil
	for name, f := range there {
		for docnum := range f.words {
			c.about[docnum] = append(c.about[docnum], f)
		}
		if f.bad != "" {
			c.bad = append(c.bad, name)
		}
	}
	slices.Sort(c.bad)
	return nil
}

// open reads a file. One that is not understood stays where it is, for somebody to look
// at: that something is wrong with it is told with every IDoc nobody confirms.
func (c *confirmations) open(a filetransfer.Ack) *ackFile {
	f := &ackFile{ack: a, words: map[string]word{}, since: c.at}
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
	asked, never := quiet, unasked
	if len(c.files) > crowd {
		asked, never = quietInCrowd, unaskedThere
	}
	for name, f := range c.files {
		due := never
		if f.asked {
			due = asked
		}
		if f.bad != "" || c.at-f.since < due {
			continue
		}
		if err := c.ERP.files.Done(ctx, f.ack); err != nil {
			return // the next time
		}
		for docnum := range f.words {
			c.about[docnum] = slices.DeleteFunc(c.about[docnum], func(other *ackFile) bool { return other == f })
		}
		delete(c.files, name)
	}
}
