// Package poll is the Polling Consumer beside the webhooks: it asks a shop what changed,
// and hands in what no webhook has brought.
//
// It promises that everything a Lister lists becomes known to the inbox, however many
// webhooks were lost, that nothing is skipped by a round that fails half way, and that
// somebody is told when a shop does not send what it should.
//
//	          Take: due, and nobody has the turn
//	idle ────────────────────────────────────────▶ listing ──page──┐
//	 ▲                                             │  ▲            ▼
//	 │                                             │  │   sift: Normalize, Known?
//	 │                                             │  │            │ missing
//	 │                                             │  │            ▼
//	 │                                             │  └──Keep── Feed: confirmed
//	 │                                             │     position moves to Page.Until
//	 └──End: due again──── subscriptions looked at ◀── last page, or no patience left
//
// # Position
//
// The position is a time in the book: all that the shop changed before it has been
// listed and is safe. A round begins at the position less Overlap, which has to cover
// by how much the clocks of shop and bridge differ and how late a shop's search learns
// of a change. The position follows Page.Until, only after everything on the page was
// fed, and never past the time the round began at. Where a shop cannot tell Until, it
// moves at the end. The book may move it back: to a second of which another state came
// when it had been listed for the last time, and only the shop can tell which one stands.
//
// # What is handed in
//
// A listed message goes into the inbox, and only if that does not know the state it
// tells, or a newer one. The broker has no part in it: nobody waits for an answer. To feed twice is harmless: its ID is the same every
// time. What cannot be understood is fed too, and ends in the dead-letter list, or is
// held, once. What is of no interest is counted.
//
// # When things fail
//
// A shop that is busy or away is asked again, later each time and not before it said;
// what is left when patience ends is for the next round, which begins at the position.
// A page token that is no longer valid begins the listing again from there. A daemon
// that dies leaves its turn to end by itself; one that was asleep finds that the turn
// is another's, and stops. When Postgres is away there are no rounds.
package poll
