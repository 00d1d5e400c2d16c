package outbox

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/hakooi/erpbridge"
)

// A word is what an ERP says of its own accord about a document.
type word string

// The words. Any other error than Invalid says nothing that could be acted upon.
const (
	booked   word = "booked"
	underWay word = "accepted" // not booked yet
	thrown   word = word(erpbridge.Invalid)
)

// wordOf is the word in the result of an acknowledgement.
func wordOf(r erpbridge.Result) word {
	kind := erpbridge.KindOf(r.Err)
	switch {
	case kind != "" && kind != erpbridge.Duplicate:
		return word(kind)
	case r.Receipt.Accepted:
		return underWay
	}
	return booked
}

// kept is how long what the ERP said is kept.
const kept = 90 * 24 * time.Hour

// Acknowledged stores what an ERP said of its own accord. When it returns nil it is
// safe, and is weighed by ApplyConfirmations: it may have come before its document
// counts as accepted here. The same message again changes nothing. What is older than
// 90 days goes meanwhile.
//
// It is one statement: the gateway has little time.
func (s *Store) Acknowledged(ctx context.Context, target string, m erpbridge.Message, as []erpbridge.Acknowledgement) error {
	if len(as) == 0 {
		return nil
	}
	var refs, kinds, codes, causes, receipts, warnings []string
	var digests, raws [][]byte
	var lasting []bool
	for _, a := range as {
		_, code, cause := causeOf(a.Result.Err)
		said := wordOf(a.Result)
		sum := sha256.New()
		sum.Write(m.Body)
		_, _ = fmt.Fprintf(sum, "\x00%s\x00%s\x00%s", said, code, cause)
		refs = append(refs, clean(a.Ref))
		digests = append(digests, sum.Sum(nil))
		kinds = append(kinds, string(said))
		codes = append(codes, code)
		causes = append(causes, cause)
		receipts = append(receipts, clean(a.Result.Receipt.Ref))
		warnings = append(warnings, clean(a.Result.Receipt.Warning))
		raws = append(raws, a.Result.Receipt.Raw)
		lasting = append(lasting, a.Lasting)
	}
	_, err := s.door.Exec(ctx, `
		with said as (
			insert into confirmation (target, ref, digest, kind, code, cause, receipt_ref, warning, raw, lasting)
			select $1, ref, digest, kind, code, cause, receipt_ref, warning, raw, lasting
			from unnest($2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[], $12::boolean[])
			     with ordinality as a(ref, digest, kind, code, cause, receipt_ref, warning, raw, lasting, n) order by n
			on conflict (target, ref, digest) do nothing
			returning id
		), old as (
			delete from confirmation where id in (
				select id from confirmation where target = $1 and at < now() - $10::interval and state <> 'new' limit 1000 for update skip locked)
		)
		select pg_notify($11, $1) where exists (select from said)`,
		target, refs, digests, kinds, codes, causes, receipts, warnings, raws, kept, channel, lasting)
	if err != nil {
		return fmt.Errorf("storing %d confirmations of %s: %w", len(as), target, err)
	}
	return nil
}

// A hearing is what came of a word.
type hearing string

// The hearings.
const (
	done        hearing = "applied"
	noted       hearing = "noted"        // it changes nothing but what is shown
	repeated    hearing = "known before" // it says what is known, or nothing that could be acted upon
	contradicts hearing = "contradicts"  // somebody has to be told
	waits       hearing = "waits"        // for what an attempt under way comes to
)

// hear says what a word makes of a document in a state. It is pure. What the ERP once
// booked it has, whatever it says later; what it threw out it can still book, when
// somebody mends it there.
func hear(state State, w word) (State, hearing) {
	switch w {
	case booked:
		switch state {
		case Accepted, Dead, Pending, InDoubt:
			return Delivered, done
		case Sending:
			return state, waits
		case Discarded, Superseded:
			return state, contradicts
		}
	case thrown:
		switch state {
		case Accepted:
			return Dead, done
		case Dead:
			return Dead, noted
		case Sending, InDoubt:
			return state, waits
		case Delivered:
			return state, contradicts
		}
	case underWay:
		if state == Accepted {
			return state, noted
		}
	}
	return state, repeated
}
