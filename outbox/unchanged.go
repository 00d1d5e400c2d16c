package outbox

import (
	"cmp"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge"
)

// A recordState is the newest state of a record that is with the ERP, or on its way.
type recordState struct {
	event   int64
	id      int64               // of the outbox row; 0: of the transaction under way
	doc     *erpbridge.Document // of the transaction under way
	version erpbridge.Version
	mapping string
	stands  bool // neither dead nor given up
}

// recordKey is one record at one target.
type recordKey struct {
	place
	record string
}

// skipUnchanged turns events into ignored ones that tell nothing new: a newer state of
// a thing with the content of the state before. Shops send them by the dozen (a tag was
// set, and often by a bridge that wrote back its own number), and each would be one more
// write to the ERP.
//
// The state before then counts as the state of the newer time: one in between that
// comes late is as stale as if the newer one had been sent. Told once more, by another
// topic or a poll, the newer time tells nothing new either. A state rendered under
// another mapping is not the same: whoever touches an order to have it sent again after
// correcting the mapping gets what he wants. aged are the places that may hold older
// documents; their streams' row locks are held.
func (r *recording) skipUnchanged(rows []*row, aged []place) error {
	newest, err := r.newestStates(aged)
	if err != nil {
		return err
	}
	told, err := r.toldBefore(rows, aged)
	if err != nil {
		return err
	}
	var ids []int64
	var ats []time.Time
	for _, w := range rows {
		same := unchanged(w, newest)
		if same != nil {
			w.Verdict, w.Cause = ignoreTwin(same[0].event)
			for i, s := range same {
				if !s.version.At.Before(w.Documents[i].Version.At) {
					continue
				}
				w.Verdict, w.Cause = ignoreUnchanged(s.event)
				s.version = w.Documents[i].Version
				if s.doc != nil {
					s.doc.Version = s.version
					continue
				}
				ids, ats = append(ids, s.id), append(ats, s.version.At)
			}
			w.Documents = nil
			continue
		}
		for i := range w.Documents {
			d := &w.Documents[i]
			again := documentKey{d.Target, d.Key}
			if told[again] {
				continue // it does not go again, and is not the newest for having been told again
			}
			told[again] = true
			key := recordKey{place{d.Target, d.Stream}, d.Record}
			if s := newest[key]; d.Record != "" && (s == nil || !d.Version.Before(s.version)) {
				newest[key] = &recordState{event: w.id, doc: d, version: d.Version, mapping: w.mappingOf(*d), stands: true}
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err = r.tx.Exec(r.ctx, `
		update outbox o set version_at = n.at from unnest($1::bigint[], $2::timestamptz[]) as n(id, at)
		where o.id = n.id and o.version_at < n.at`, ids, ats)
	return err
}

// unchanged returns the states that the event repeats, one for each of its documents, or
// nil if it says anything new.
func unchanged(w *row, newest map[recordKey]*recordState) []*recordState {
	var same []*recordState
	for _, d := range w.Documents {
		s := newest[recordKey{place{d.Target, d.Stream}, d.Record}]
		if d.Record == "" || s == nil || !s.stands || s.mapping != w.mappingOf(d) || d.Version.Digest == "" ||
			s.version.Digest != d.Version.Digest || s.version.Rank != d.Version.Rank || s.version.At.After(d.Version.At) {
			return nil
		}
		same = append(same, s)
	}
	return same
}

// newestStates reads the newest state of each record. A delivered one stands only if
// nothing came to the ERP after it, or will: an older state that was replayed by force,
// or may have arrived although it was given up, is what the ERP has then.
func (r *recording) newestStates(places []place) (map[recordKey]*recordState, error) {
	newest := make(map[recordKey]*recordState)
	if len(places) == 0 {
		return newest, nil
	}
	var targets, streams []string
	for _, p := range places {
		targets, streams = append(targets, p.target), append(streams, p.stream)
	}
	q, err := r.tx.Query(r.ctx, `
		select distinct on (o.target, o.stream, o.record)
		       o.target, o.stream, o.record, o.id, o.event_id, o.version_at, o.version_rank, o.version_digest, o.mapping,
		       o.state in ('pending', 'sending', 'in_doubt', 'accepted') or o.state = 'delivered' and not o.moves and o.settled_at >= o.last as stands
		from (
			select o.*, bool_or(state in ('pending', 'sending', 'in_doubt', 'accepted')) over record as moves,
			       max(settled_at) filter (where state in ('delivered', 'dead', 'discarded')) over record as last
			from outbox o join unnest($1::text[], $2::text[]) as p(target, stream) using (target, stream)
			where o.record <> '' window record as (partition by o.target, o.stream, o.record)
		) o
		where o.state <> 'discarded'
		order by o.target, o.stream, o.record, o.version_at desc, o.version_rank desc, o.seq desc`, targets, streams)
	if err != nil {
		return nil, err
	}
	var key recordKey
	var s recordState
	_, err = pgx.ForEachRow(q, []any{
		&key.target, &key.stream, &key.record, &s.id, &s.event, &s.version.At, &s.version.Rank, &s.version.Digest, &s.mapping, &s.stands,
	}, func() error {
		state := s
		newest[key] = &state
		return nil
	})
	return newest, err
}

// mappingOf returns the mapping that rendered a document of the event: that of its
// target, if it says so.
func (w *row) mappingOf(d erpbridge.Document) string { return cmp.Or(d.Mapping, w.Mapping) }

func ignoreUnchanged(event int64) (erpbridge.Verdict, error) {
	return erpbridge.Ignore, &erpbridge.Error{
		Op: "outbox.Record", Kind: erpbridge.Ignored,
		Err: fmt.Errorf("nothing changed that the ERP is told about: the content is that of event %d", event),
	}
}
