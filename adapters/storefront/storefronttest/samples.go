package storefronttest

import (
	"path"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

// A Sample is a published body of a storefront, and what the samples' index says of it.
type Sample struct {
	File
	// Folder is the one the samples of a platform are in.
	Folder string
	// Reconciles is "yes" of an order whose parts come to its total, "NO: DIFF x" where the
	// total is x more than they are, and empty of what is no order.
	Reconciles string
}

// Samples returns the published bodies that the index lists, of every platform, as far as
// of accepts their folder and name.
func Samples(t testing.TB, of func(folder, name string) bool) []Sample {
	t.Helper()
	dir := Shared(t, "storefront-samples")
	var out []Sample
	for _, row := range rows(t, dir, "INDEX.tsv") {
		folder, name := path.Dir(row["file"]), stem(row["file"])
		if of(folder, name) {
			file := File{Path: row["file"], Name: name, Body: Read(t, dir, row["file"])}
			out = append(out, Sample{File: file, Folder: folder, Reconciles: row["total reconciles"]})
		}
	}
	if len(out) == 0 {
		t.Fatal("the index names no sample")
	}
	return out
}

// Off returns what an order's total is to have more than its parts, "" for nothing, if the
// index says it.
func (s Sample) Off() (off string, told bool) {
	if s.Reconciles == "yes" {
		return "", true
	}
	return strings.CutPrefix(s.Reconciles, "NO: DIFF ")
}

// Off returns what the total of an event's order has more than its parts, or what was paid
// back for a refund more than its parts: "" if that is nothing, or there is no total.
func Off(e erpbridge.Event) string {
	var off erpbridge.Money
	switch {
	case e.Order != nil:
		off = e.Order.Total.Sub(e.Order.Sum())
	case e.Refund != nil:
		paid, _ := e.Refund.Paid()
		off = paid.Sub(e.Refund.Sum())
	}
	if off.IsZero() {
		return ""
	}
	return off.Plain()
}
