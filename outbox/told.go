package outbox

import "github.com/jackc/pgx/v5"

// documentKey is what a document is told again by.
type documentKey struct{ target, key string }

// toldBefore returns the keys of those documents of rows that stand in aged places already.
// Where no two of rows are about one record, nobody needs to know, and it returns none.
func (r *recording) toldBefore(rows []*row, aged []place) (map[documentKey]bool, error) {
	told := make(map[documentKey]bool)
	old := make(map[place]bool, len(aged))
	for _, p := range aged {
		old[p] = true
	}
	documents := make(map[recordKey]int)
	var targets, keys []string
	for _, w := range rows {
		for _, d := range w.Documents {
			p := place{d.Target, d.Stream}
			if d.Record == "" || !old[p] {
				continue
			}
			documents[recordKey{p, d.Record}]++
			targets, keys = append(targets, d.Target), append(keys, d.Key)
		}
	}
	if len(documents) == len(keys) {
		return told, nil
	}
	q, err := r.tx.Query(r.ctx, `
		select o.target, o.key from outbox o join (select distinct * from unnest($1::text[], $2::text[]) as k(target, key)) as k using (target, key)`, targets, keys)
	if err != nil {
		return nil, err
	}
	var k documentKey
	_, err = pgx.ForEachRow(q, []any{&k.target, &k.key}, func() error {
		told[k] = true
		return nil
	})
	return told, err
}
