package outbox

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
)

// place is one stream at one target.
type place struct{ target, stream string }

func comparePlaces(a, b place) int {
	return cmp.Or(cmp.Compare(a.target, b.target), cmp.Compare(a.stream, b.stream))
}

// insertDocuments writes the documents of accepted events. It takes the row lock
// of every stream concerned, in one order for all transactions, and numbers the
// events under it; so the documents of one stream are numbered in the order in
// which their transactions commit.
func (r *recording) insertDocuments(rows []*row) error {
	if len(rows) == 0 {
		return nil
	}
	events := make(map[place][]*row) // in order of arrival
	for _, w := range rows {
		for _, d := range w.Documents {
			p := place{d.Target, d.Stream}
			if ws := events[p]; len(ws) == 0 || ws[len(ws)-1] != w {
				events[p] = append(ws, w)
			}
		}
	}
	places := make([]place, 0, len(events))
	for p := range events {
		places = append(places, p)
	}
	slices.SortFunc(places, comparePlaces)

	var targets, names, stores []string
	var counts []int64
	for _, p := range places {
		targets = append(targets, p.target)
		names = append(names, p.stream)
		counts = append(counts, int64(len(events[p])))
		stores = append(stores, events[p][0].Message.Store)
	}
	q, err := r.tx.Query(r.ctx, `
		insert into stream as s (target, name, next_seq, state, store)
		select target, name, 1 + n, 'ready', store
		from unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) with ordinality as p(target, name, n, store, place) order by place
		on conflict (target, name) do update set
			next_seq = s.next_seq + excluded.next_seq - 1,
			state    = case s.state when 'idle' then 'ready' else s.state end,
			due_at   = case s.state when 'idle' then now() else s.due_at end
		returning target, name, next_seq`, targets, names, counts, stores)
	if err != nil {
		return err
	}
	type numbered struct {
		place
		event *row
	}
	seqs := make(map[numbered]int64)
	var p place
	var next int64
	var aged []place // had documents before
	if _, err := pgx.ForEachRow(q, []any{&p.target, &p.stream, &next}, func() error {
		ws := events[p]
		if next > int64(len(ws))+1 {
			aged = append(aged, p)
		}
		for i, w := range ws {
			seqs[numbered{p, w}] = next - int64(len(ws)) + int64(i)
		}
		return nil
	}); err != nil {
		return err
	}

	seqOf := func(w *row, d erpbridge.Document) int64 { return seqs[numbered{place{d.Target, d.Stream}, w}] }
	if err := r.skipUnchanged(rows, aged); err != nil {
		return err
	}
	c := columnsOf(rows, seqOf)
	if err := fault.Do("outbox.record.documents", func() error {
		_, err := r.tx.Exec(r.ctx, `
			insert into outbox (event_id, target, stream, seq, pos, key, kind, record, version_at, version_rank, version_digest, body, body_sha256, mapping, resource, state)
			select *, 'pending'
			from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::int[], $6::text[], $7::text[], $8::text[],
			            $9::timestamptz[], $10::int[], $11::text[], $12::bytea[], $13::bytea[], $14::text[], $15::text[])
			on conflict (target, key) do nothing`,
			c.event, c.target, c.stream, c.seq, c.pos, c.key, c.kind, c.record, c.versionAt, c.versionRank, c.versionDigest, c.body, c.sha, c.mapping, c.resource)
		return err
	}); err != nil {
		return err
	}
	if err := fault.Do("outbox.record.supersede", func() error {
		replayed := slices.ContainsFunc(rows, func(w *row) bool { return w.again })
		if replayed && fault.Planted("replay-blind") { // planted: what is replayed counts as the newest
			return nil
		}
		return r.supersede(targets, names)
	}); err != nil {
		return err
	}
	if err := refreshStreams(r.ctx, r.tx, targets, names); err != nil {
		return err
	}
	if _, err := r.tx.Exec(r.ctx, `select pg_notify($1, t) from (select distinct unnest($2::text[]) as t) as due`, channel, targets); err != nil {
		return err
	}
	return r.findTwins(rows)
}

// supersede lets a newer full state go instead of an older one that nothing was
// sent of yet, and keeps an older one that arrives late from ever going. The
// streams' row locks are held.
//
// It works on whole events, of one resource: a refund in its order's stream is another
// thing than the order. A document without one, as daemons wrote them before there were
// resources, is of its stream's own. To drop an order and still send its deposit would leave the
// deposit without an order to belong to. An event with a document
// under way, in doubt or dead is left as it is, and so is one behind which something else
// of its stream waits: a refund whose order went behind it would wait in vain.
func (r *recording) supersede(targets, streams []string) error {
	if fault.Planted("no-version-check") { // planted: whatever arrives last is the newest
		return nil
	}
	q, err := r.tx.Query(r.ctx, `
		with part as (
			select o.id, o.event_id, o.target, o.stream, o.seq, o.version_at, o.version_rank, o.state,
			       case o.resource when '' then substr(o.stream, strpos(o.stream, '/') + 1) else o.resource end as resource
			from outbox o join unnest($1::text[], $2::text[]) as p(target, stream) on o.target = p.target and o.stream = p.stream
			where o.record <> '' and o.state <> 'discarded'
		), event as (
			select target, stream, seq, resource, max(version_at) as version_at, max(version_rank) as version_rank,
			       bool_and(state in ('pending', 'delivered', 'superseded')) and bool_or(state = 'pending') as waiting
			from part group by target, stream, seq, resource
		), old as (
			select e.target, e.stream, e.seq, e.resource from event e
			where e.waiting and exists (
				select from event n where n.target = e.target and n.stream = e.stream and n.resource = e.resource
				and (n.version_at, n.version_rank) > (e.version_at, e.version_rank)
				and not exists (
					select from outbox m where m.target = e.target and m.stream = e.stream and m.seq > e.seq and m.seq < n.seq
					and case m.resource when '' then substr(m.stream, strpos(m.stream, '/') + 1) else m.resource end <> e.resource
					and m.state in ('pending', 'sending', 'in_doubt', 'accepted', 'dead')))
		)
		update outbox o set state = 'superseded', settled_at = now(), cause_kind = '',
		       cause = 'a newer state of the same order was accepted'
		from part d join old using (target, stream, seq, resource)
		where o.id = d.id and o.state = 'pending'
		returning o.event_id`, targets, streams)
	if err != nil {
		return err
	}
	events, err := pgx.CollectRows(q, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	slices.Sort(events)
	return refreshEvents(r.ctx, r.tx, slices.Compact(events))
}

// findTwins turns events whose every document stood there before into ignored
// ones.
func (r *recording) findTwins(rows []*row) error {
	ids := make([]int64, len(rows))
	for i, w := range rows {
		ids[i] = w.id
	}
	q, err := r.tx.Query(r.ctx, `select distinct event_id from outbox where event_id = any($1)`, ids)
	if err != nil {
		return err
	}
	with, err := pgx.CollectRows(q, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	for _, w := range rows {
		if slices.Contains(with, w.id) || len(w.Documents) == 0 {
			continue
		}
		var twin int64
		d := w.Documents[0]
		if err := r.tx.QueryRow(r.ctx, `select event_id from outbox where target = $1 and key = $2`, d.Target, d.Key).Scan(&twin); err != nil {
			return err
		}
		w.Verdict, w.Cause = ignoreTwin(twin)
		w.Documents = nil
	}
	return nil
}

type documentColumns struct {
	event, seq            []int64
	pos                   []int32
	target, stream, key   []string
	kind, record, mapping []string
	resource              []string
	versionAt             []time.Time
	versionRank           []int32
	versionDigest         []string
	body, sha             [][]byte
}

func columnsOf(rows []*row, seqOf func(*row, erpbridge.Document) int64) documentColumns {
	var c documentColumns
	for _, w := range rows {
		for pos, d := range w.Documents {
			sum := sha256.Sum256(d.Body)
			c.event = append(c.event, w.id)
			c.target = append(c.target, d.Target)
			c.stream = append(c.stream, d.Stream)
			c.seq = append(c.seq, seqOf(w, d))
			c.pos = append(c.pos, int32(pos)) // #nosec G115 -- a handful per event
			c.key = append(c.key, d.Key)
			c.kind = append(c.kind, d.Kind)
			c.record = append(c.record, d.Record)
			c.versionAt = append(c.versionAt, d.Version.At)
			c.versionRank = append(c.versionRank, int32(d.Version.Rank)) // #nosec G115 -- a few steps
			c.versionDigest = append(c.versionDigest, d.Version.Digest)
			c.body = append(c.body, d.Body)
			c.sha = append(c.sha, sum[:])
			c.mapping = append(c.mapping, w.mappingOf(d))
			c.resource = append(c.resource, d.Resource)
		}
	}
	return c
}
