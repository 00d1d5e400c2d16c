package sapidoc

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// settling makes the folders of a target that has no done files for its ALEAUD.
func settling(t *testing.T) (acks string, start func() erpbridge.Confirmer) {
	t.Helper()
	_, acks, more := folders(t, "files")
	more = strings.Replace(more, `match: "*.xml", trigger: "{name}.done"`, `match: "*.xml", settle: 1h`, 1)
	return acks, func() erpbridge.Confirmer { return open(t, more).(erpbridge.Confirmer) }
}

func writeAudit(t *testing.T, dir, name, body string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ask is one question about one IDoc.
func ask(t *testing.T, c erpbridge.Confirmer, docnum int) erpbridge.Receipt {
	t.Helper()
	r := c.Confirm(t.Context(), []erpbridge.Accepted{{Ref: fmt.Sprintf("%016d", docnum)}})[0]
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	return r.Receipt
}

// What was confirmed while the daemon was away is known at the first question.
func TestConfirmedAtTheFirstQuestion(t *testing.T) {
	acks, start := settling(t)
	body := audit(state("1", "53"))
	writeAudit(t, acks, "a.xml", body)
	writeAudit(t, acks, "b.xml", body[:len(body)/2])
	c := start()
	if r := ask(t, c, 1); r.Accepted {
		t.Errorf("%+v", r)
	}
	if r := ask(t, c, 2); !r.Accepted || !strings.Contains(r.Warning, "1 files are not complete") {
		t.Errorf("half a file: %+v", r)
	}
	writeAudit(t, acks, "b.xml", audit(state("2", "53")))
	if r := ask(t, c, 2); r.Accepted {
		t.Errorf("%+v", r)
	}
	// Replaced under its name, a file says what it says now.
	writeAudit(t, acks, "b.xml", audit(state("2", "51"), state("3", "53")))
	if r := ask(t, c, 2); !r.Accepted {
		t.Errorf("%+v", r)
	}
}

// Many documents are asked after one batch at a time. Their files wait for the last of
// them, however long the target is paused between two batches, and how long it takes until
// a document is asked after again.
func TestFilesWaitForTheLastBatch(t *testing.T) {
	acks, start := settling(t)
	const documents = 5
	for i := 1; i <= documents; i++ {
		writeAudit(t, acks, fmt.Sprintf("%d.xml", i), audit(state(fmt.Sprint(i), "53")))
	}
	c := start()
	now := time.Now()
	insideOf(t, c.(erpbridge.ERP)).now = func() time.Time { return now }
	for range 2 { // what was told first could not be written down, and is asked after again
		for i := 1; i <= documents; i++ {
			if r := ask(t, c, i); r.Accepted {
				t.Fatalf("document %d: %+v", i, r)
			}
			now = now.Add(60 * time.Hour)
		}
	}
	for range 12 * 24 * 7 { // a week of questions about others
		now = now.Add(5 * time.Minute)
		ask(t, c, 99)
		if now.Minute() < 5 { // and, now and then, about the last one
			ask(t, c, documents)
		}
	}
	if left := written(t, acks); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}

// A file nobody asks for outlasts a weekend in which others were asked for.
func TestFileOfAnOrderThatWasGivenUp(t *testing.T) {
	acks, start := settling(t)
	writeAudit(t, acks, "a.xml", audit(state("1", "53")))
	c := start()
	now := time.Now()
	insideOf(t, c.(erpbridge.ERP)).now = func() time.Time { return now }
	for range 6 * 24 * 3 {
		now = now.Add(10 * time.Minute)
		ask(t, c, 99)
	}
	if r := ask(t, c, 1); r.Accepted {
		t.Errorf("%+v", r)
	}
}
