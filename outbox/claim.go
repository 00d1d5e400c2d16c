package outbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge/internal/fault"
)

// Claim leases what is due at a target, for as many requests as are asked for and
// the target's limits admit now. Each request holds the open documents of the head
// events of one or more streams, in delivery order, and for each document an
// attempt is written down. Where an earlier attempt of an event may have taken
// effect, the request holds just the doubtful documents, for a look-up.
//
// While the target is paused or rests nothing is claimed.
func (s *Store) Claim(ctx context.Context, d Demand) ([]Request, error) {
	// Nothing is locked to find out that there is nothing to do.
	var due bool
	if err := s.pool.QueryRow(ctx, readyStores+`
		select exists (select from st cross join lateral (
			select from stream where target = $1 and store = st.store and state = 'ready' and due_at <= now() limit 1) x)
		or exists (select from stream where target = $1 and state = 'leased' and lease_until < now())`, d.Target).Scan(&due); err != nil {
		return nil, fmt.Errorf("claiming for %s: %w", d.Target, err)
	}
	if !due {
		return nil, nil
	}
	var requests []Request
	var seen look
	err := inTx(ctx, s.pool, "outbox.claim", func(tx pgx.Tx) (err error) {
		c := claiming{ctx: ctx, tx: tx, store: s, Demand: d}
		requests, err = c.run()
		seen = c.seen
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claiming for %s: %w", d.Target, err)
	}
	s.leaps.remember(d.Target, seen)
	return requests, nil
}

// readyStores is a loose index scan: the stores that have streams ready at a
// target, found without reading the streams.
const readyStores = `
	with recursive every as (
		(select store from stream where target = $1 and state = 'ready' order by store limit 1)
		union all
		select (select store from stream where target = $1 and state = 'ready' and store > every.store order by store limit 1)
		from every where every.store is not null
	), st as (select store from every where store is not null)`

// claiming is one transaction of Claim.
type claiming struct {
	ctx   context.Context //nolint:containedctx // lives as long as one call
	tx    pgx.Tx
	store *Store
	Demand
	seen look // at the clock, under the lock of the target
}

func (c *claiming) run() ([]Request, error) {
	standing, turn, open, now, err := c.lockTarget()
	if err != nil {
		return nil, err
	}
	if leapt, err := c.restAfterLeap(); leapt || err != nil {
		return nil, err
	}
	if fault.Planted("rate-per-process") { // planted: each daemon keeps its own pace
		open, standing.NextAt = 0, now
	}
	standing, waits := c.Limits.Admit(standing, open, c.Requests, now)
	if len(waits) == 0 {
		return nil, nil
	}
	var candidates []candidate
	if err := fault.Do("outbox.claim.candidates", func() (err error) {
		candidates, err = c.lockStreams(len(waits)*max(c.Batch.Events, 1), turn)
		return err
	}); err != nil || len(candidates) == 0 {
		return nil, err
	}
	heads, err := c.readHeads(candidates)
	if err != nil {
		return nil, err
	}
	candidates, err = c.sort(candidates, heads)
	if err != nil {
		return nil, err
	}
	if c.lingers(candidates, now) {
		return nil, nil
	}
	chosen := compose(inTurn(candidates, turn), len(waits), c.Batch)
	requests := make([]Request, len(chosen))
	for i, streams := range chosen {
		requests[i] = Request{Slot: newSlot(), Wait: waits[i]}
		for _, stream := range streams {
			turn = stream.store
			requests[i].Entries = append(requests[i].Entries, c.take(heads[stream.name], standing, now)...)
		}
	}
	// What was admitted and not used is given back.
	if used := len(requests); used < len(waits) && c.Limits.Rate > 0 {
		standing.NextAt = now.Add(waits[used])
	}
	return requests, fault.Do("outbox.claim.lease", func() error { return c.lease(requests, standing, turn) })
}

// lockTarget takes the row lock of the target, under which its limits are counted,
// and reads how it is doing, which store had the last turn, and how many requests
// are open there.
func (c *claiming) lockTarget() (s Standing, turn string, open int, now time.Time, err error) {
	if _, err := c.tx.Exec(c.ctx, `insert into target (name) values ($1) on conflict do nothing`, c.Target); err != nil {
		return s, turn, 0, now, err
	}
	var by string
	var until *time.Time
	if err := c.tx.QueryRow(c.ctx, `
		select window_size, threshold, failures, resume_at, next_at, paused_by, paused_until, turn
		from target where name = $1 for update`, c.Target).
		Scan(&s.Window, &s.Threshold, &s.Failures, &s.ResumeAt, &s.NextAt, &by, &until, &turn); err != nil {
		return s, turn, 0, now, err
	}
	c.seen.before = time.Now()
	// A statement of its own: it has to see what was committed while the lock was
	// waited for.
	if err := c.tx.QueryRow(c.ctx, `
		select clock_timestamp(), count(*) from slot where target = $1 and held_until > clock_timestamp()`, c.Target).Scan(&now, &open); err != nil {
		return s, turn, 0, now, err
	}
	c.seen.theirs, c.seen.after = now, time.Now()
	s.Paused = by != ""
	if s.Paused && until != nil && !until.After(now) {
		s.Paused = false
		err = resume(c.ctx, c.tx, c.Target, "erpbridge", "the time of the pause is over")
	}
	return s, turn, open, now, err
}

// lockStreams takes the row locks of up to twice n streams that are due or whose
// lease ended: those that come first when the stores take turns. Twice, because not
// all of them can travel together. Of the others nothing is locked or read, however
// many stores there are.
func (c *claiming) lockStreams(n int, last string) ([]candidate, error) {
	ready := `state = 'ready' and due_at <= now()`
	if fault.Planted("naive-skip-locked") { // planted: any row that nobody has locked, head or not
		ready = `state in ('ready', 'leased') and due_at <= now()`
	}
	q, err := c.tx.Query(c.ctx, readyStores+`
		, due as (
			select name, row_number() over (partition by store order by due_at) as turn from (
				select r.* from st cross join lateral (
					select name, store, due_at from stream
					where target = $1 and store = st.store and `+ready+` order by due_at limit $2::bigint) r
				union all
				select * from (
					select name, store, due_at from stream
					where target = $1 and state = 'leased' and lease_until < now() order by lease_until limit $2::bigint) e
			) x order by turn, x.store collate "C" <= $3, x.store collate "C" limit 2 * $2::bigint
		)
		select s.name, store, together, due_at from due d join stream s on s.target = $1 and s.name = d.name
		where (`+ready+` or state = 'leased' and lease_until < now())
		order by due_at for update of s skip locked`, c.Target, n, last)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(q, func(r pgx.CollectableRow) (candidate, error) {
		var x candidate
		return x, r.Scan(&x.name, &x.store, &x.together, &x.due)
	})
}

// A head is the first open event of a stream.
type head struct {
	entries []Entry // without the accepted ones
	states  []State // of entries
	taken   bool    // the ERP has a document of it and has not booked it yet
}

// doubtful reports whether an attempt at the head may have taken effect.
func (h head) doubtful() bool {
	return slices.Contains(h.states, Sending) || slices.Contains(h.states, InDoubt)
}

// readHeads reads the open documents of the heads of the candidates, whose locks
// are held: nothing about them changes meanwhile.
func (c *claiming) readHeads(candidates []candidate) (map[string]head, error) {
	first := `order by seq limit 1`
	if fault.Planted("naive-skip-locked") {
		first = `and state = 'pending' order by seq desc limit 1`
	}
	names := make([]string, len(candidates))
	for i, x := range candidates {
		names[i] = x.name
	}
	q, err := c.tx.Query(c.ctx, `
		select o.id, o.event_id, o.stream, o.key, o.kind, o.record, o.version_at, o.version_rank, o.version_digest, o.body, o.mapping,
		       o.attempt, o.spared, o.lost, o.created_at, coalesce(o.doubt_since, 'epoch'), i.order_number, o.state,
		       case o.state when 'in_doubt' then (
				select count(*) from attempt a where a.document_id = o.id and a.action = 'find' and a.kind <> '' and a.started_at >= o.doubt_since) else 0 end
		from unnest($2::text[]) as x(name) cross join lateral (
			select seq from outbox where target = $1 and stream = x.name and state in `+unsettled+` `+first+`
		) h join outbox o on o.target = $1 and o.stream = x.name and o.seq = h.seq and o.state in `+unsettled+`
		join inbox i on i.id = o.event_id
		order by o.stream, o.pos`, c.Target, names)
	if err != nil {
		return nil, err
	}
	heads := make(map[string]head)
	var e Entry
	var state State
	_, err = pgx.ForEachRow(q, []any{
		&e.ID, &e.EventID, &e.Stream, &e.Key, &e.Kind, &e.Record, &e.Version.At, &e.Version.Rank, &e.Version.Digest, &e.Body, &e.Mapping,
		&e.Attempt, &e.Spared, &e.Lost, &e.Since, &e.DoubtSince, &e.Order, &state, &e.Looked,
	}, func() error {
		one := e
		one.Target, one.Body = c.Target, slices.Clone(e.Body)
		if fault.Planted("cursor-poller") && !c.store.beyond(one.ID) { // planted: what is older than the last one read is not read again
			return nil
		}
		h := heads[e.Stream]
		if one.Behind = h.taken; state == Accepted {
			h.taken = true
		} else {
			h.entries, h.states = append(h.entries, one), append(h.states, state)
		}
		heads[e.Stream] = h
		return nil
	})
	return heads, err
}

// sort says of each candidate of which sort it is. Those that were ready without
// having anything to claim are set right and left out.
func (c *claiming) sort(candidates []candidate, heads map[string]head) ([]candidate, error) {
	var sorted []candidate
	var empty []place
	for _, x := range candidates {
		h := heads[x.name]
		if len(h.entries) == 0 || slices.Contains(h.states, Dead) {
			empty = append(empty, place{c.Target, x.name})
			continue
		}
		x.find = h.doubtful()
		for _, e := range h.entries {
			x.bytes += len(e.Body)
		}
		sorted = append(sorted, x)
	}
	targets, streams := split(empty)
	return sorted, releaseStreams(c.ctx, c.tx, targets, streams)
}

// lingers reports whether the first of the candidates should wait for more to
// travel with.
func (c *claiming) lingers(candidates []candidate, now time.Time) bool {
	if c.Batch.Linger <= 0 || len(candidates) >= c.Batch.Events {
		return false
	}
	for _, x := range candidates {
		if x.find || x.together > 0 || !x.due.After(now.Add(-c.Batch.Linger)) {
			return false
		}
	}
	return true
}

// take returns the entries of a head that are to be worked on, one attempt
// further. An attempt that nobody ended went down with its process.
func (c *claiming) take(h head, s Standing, now time.Time) []Entry {
	doubtful := h.doubtful()
	token := uuid.NewString()
	var out []Entry
	for i, e := range h.entries {
		switch {
		case h.states[i] == Sending:
			e.Lost++
		case doubtful && h.states[i] != InDoubt:
			continue
		}
		if doubtful {
			e.Looked++
			if e.DoubtSince.Unix() <= 0 {
				e.DoubtSince = now
			}
		}
		e.Doubtful, e.Away, e.Now, e.token = doubtful, s.Away(), now, token
		e.Attempt++
		out = append(out, e)
	}
	return out
}

// lease writes down who has what from now on, in one round trip. A stream of which
// an attempt went down with its process travels alone until it is delivered: should
// it be what took the process down, it takes no others with it.
func (c *claiming) lease(requests []Request, s Standing, turn string) error {
	var b pgx.Batch
	var (
		ids                             []int64
		streams, tokens, docTokens, act []string
		states                          []string
		attempts, lost                  []int32
		doubts                          []*time.Time
		alone                           []bool
		slots                           []string
		holds                           []time.Duration
	)
	for _, r := range requests {
		slots, holds = append(slots, r.Slot), append(holds, r.Wait+c.Hold)
		for _, e := range r.Entries {
			state, action := string(Sending), "deliver"
			var doubt *time.Time
			if e.Doubtful {
				state, action, doubt = string(InDoubt), "find", &e.DoubtSince
			}
			ids = append(ids, e.ID)
			states = append(states, state)
			docTokens = append(docTokens, e.token)
			act = append(act, action)
			attempts = append(attempts, int32(e.Attempt)) // #nosec G115 -- read from an int column
			lost = append(lost, int32(e.Lost))            // #nosec G115 -- read from an int column
			doubts = append(doubts, doubt)
			if len(tokens) == 0 || tokens[len(tokens)-1] != e.token {
				streams, tokens, alone = append(streams, e.Stream), append(tokens, e.token), append(alone, false)
			}
			alone[len(alone)-1] = alone[len(alone)-1] || e.Lost > 0
		}
	}
	b.Queue(`
		update stream s set state = 'leased', lease_token = v.token::uuid, lease_until = clock_timestamp() + $4,
		       together = case when v.alone then 1 else s.together end
		from unnest($2::text[], $3::text[], $5::bool[]) as v(name, token, alone) where s.target = $1 and s.name = v.name`, c.Target, streams, tokens, c.Lease, alone)
	b.Queue(`
		update outbox o set state = v.state, attempt = v.attempt, lost = v.lost, doubt_since = v.doubt, lease_token = v.token::uuid
		from unnest($1::bigint[], $2::text[], $3::int[], $4::int[], $5::timestamptz[], $6::text[]) as v(id, state, attempt, lost, doubt, token)
		where o.id = v.id`, ids, states, attempts, lost, doubts, docTokens)
	b.Queue(`
		insert into attempt (document_id, number, action, lease_token, daemon)
		select id, number, action, token::uuid, $5 from unnest($1::bigint[], $2::int[], $3::text[], $4::text[]) as v(id, number, action, token)`,
		ids, attempts, act, docTokens, c.store.daemon)
	b.Queue(`
		insert into slot (token, target, daemon, held_until)
		select token::uuid, $2, $3, clock_timestamp() + hold from unnest($1::text[], $4::interval[]) as v(token, hold)`,
		slots, c.Target, c.store.daemon, holds)
	b.Queue(`
		delete from slot where token in (
			select token from slot where target = $1 and held_until < clock_timestamp() - interval '1 minute' for update skip locked)`, c.Target)
	// The forecast looks at minutes; a week of them is kept for whoever asks what was.
	b.Queue(`delete from throughput where target = $1 and minute < now() - interval '7 days'`, c.Target)
	b.Queue(`update target set next_at = $2, turn = $3 where name = $1`, c.Target, s.NextAt, turn)
	return c.tx.SendBatch(c.ctx, &b).Close()
}

// lockStreams takes the row locks of streams, in the order of their names: that of
// comparePlaces, whatever the database sorts text by.
const lockStreams = `
	select from stream s join unnest($1::text[], $2::text[]) as p(target, name) using (target, name)
	order by s.target collate "C", s.name collate "C" for update of s`
