package outbox

import "fmt"

// askShop has the poll list the shop again from where events brought a rival: another
// state of the same second, of which the shop's clock cannot tell which is the newer one.
// The one that is decided about last goes to the ERP last, and it may be the older one: a
// webhook that the shop sends again for two days, a message that waited in the inbox. The
// poll settles which of them stands (see KnownStates), but only of what it lists, and it
// may have listed this second for the last time. So its next round goes back that far.
//
// It is written in the transaction that decides about the event. Two that decide about
// rivals at the same time wait for each other at the stream's row before they get here, so
// that one of them sees the other. Nothing is asked where a newer state is there, or where
// the next round lists the second anyway: nearly always, as messages come sooner than
// rounds.
func (r *recording) askShop(events []int64) error {
	_, err := r.tx.Exec(r.ctx, `
		with rival as (
			select i.store, min(i.version_at) as at
			from inbox i join poll p on p.store = i.store and greatest(p.known_until, p.began_at) >= date_trunc('second', i.version_at)
			where i.id = any($1) and i.resource <> '' and i.version_at > now() - $2::interval
			and exists (
				select from inbox o where o.store = i.store and o.resource = i.resource and o.resource <> ''
				and o.version_at between date_trunc('second', i.version_at) and i.version_at and o.version_digest <> i.version_digest)
			and not exists (
				select from inbox n where n.store = i.store and n.resource = i.resource and n.resource <> '' and n.version_at > i.version_at)
			group by i.store
		), locked as (
			select p.store from poll p join rival using (store) order by p.store for update of p
		)
		update poll p set again_since = least(p.again_since, rival.at)
		from rival join locked using (store) where p.store = rival.store`, events, farthest)
	if err != nil {
		return fmt.Errorf("having the shop asked which state stands: %w", err)
	}
	return nil
}

// farthest is how far back a shop is listed again for a rival: further than any sends a
// webhook again, and not to the beginning of time for a state that is dated so.
const farthest = "72 hours"
