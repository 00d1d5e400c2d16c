// Package alert tells people by mail what did not reach its ERP.
//
// It promises that every alert is mailed at least once, that a thousand alerts
// are one mail and not a thousand, and that nothing else waits for the mail
// server. Alerts are rows, written in the transaction that made them; the Mailer
// claims those that are due, sends them as one digest and marks them as sent:
//
//	         ┌───────── lease ends, a daemon died ──────────┐
//	         ▼                                              │
//	due ──Due(claim)──▶ claimed ──gather──▶ one mail ──Send──▶ accepted ──Sent──▶ told
//	 ▲                                        │ not accepted
//	 └────── Failed(reason, wait) ◀───────────┘
//
// The first alert is mailed at once. What comes after it is gathered, and goes out
// when Every has passed since the last mail.
//
// On failure: a mail server that is down, slow or unwilling loses nothing. The
// alerts go back with a wait that doubles up to a quarter of an hour, and the log
// says so, as an error where only a person can help. A crash between the server's
// acceptance and Sent repeats the mail: its Message-ID is derived from the alerts
// in it, so that mail programs and people recognise the repetition. If the server
// took the mail for some receivers and not for others, it counts as sent, and the
// log has an error.
//
// What is in a mail came from outside: it is cut, freed of control and direction
// characters and escaped, and no header can be added by it. There is no personal
// data in an Alert.
package alert

import (
	"context"
	"time"
)

// An Alert is one thing a person should know. It holds no personal data: names of
// stores and targets, the order's number, and the reason in words.
type Alert struct {
	ID   int64
	Kind string
	// DeadLetter is the number of the dead letter to show, replay or discard; 0 if
	// the alert is about none.
	DeadLetter int64
	Store      string
	Target     string
	Order      string // what the merchant calls it, such as "#1001"
	Stream     string // what waits behind it, such as "order/4711"
	Document   string // the kind of document, or the storefront's topic
	Reason     string
	At         time.Time
	Attempts   int // how often telling was tried, this time included
	// Replay is the command that tries again, where it is not the usual one.
	Replay string
	// TakenOnce says that the target takes a document under one identity only once, for
	// ever: there is no sense in sending again what it has lost.
	TakenOnce bool
	// Mail is the mail it was in, if nobody knows whether that was sent.
	Mail string
}

// Kinds of alert. One of another kind is told with its reason alone.
const (
	DeadLetter    = "dead-letter"    // could not be delivered, and waits for a person
	Unconfirmed   = "unconfirmed"    // the ERP took it, threw it out or never confirmed it, and a person has to look
	Contradicted  = "contradicted"   // the ERP says otherwise than what counts here
	Held          = "held"           // something to map or decide is missing
	TargetRefused = "target-refused" // credentials or permissions: the target pauses
	TargetAway    = "target-away"    // no request got an answer: the target is probed
	BrokerBlocked = "broker-blocked" // RabbitMQ takes nothing: events go to Postgres
	BrokerUnsafe  = "broker-unsafe"  // RabbitMQ was changed so that it can lose messages

	PollFailing      = "poll-failing"      // a shop does not tell what changed
	SubscriptionLost = "subscription-lost" // a shop no longer sends a webhook
	EventsNotSent    = "events-not-sent"   // the poll found what webhooks should have brought
	StoreRefused     = "store-refused"     // a shop does not let us fetch what its webhooks point to
)

// Source is where alerts wait.
type Source interface {
	// Due claims up to limit alerts that were not sent and whose time has come, and
	// returns them. A claim must last two minutes, so that two daemons do not send
	// the same; an alert that was neither Sent nor Failed by then is due again.
	//
	// Alerts that were in a mail of which nobody knows whether it was sent come
	// first, all those of that mail and no others, so that it can be repeated as it
	// was.
	Due(ctx context.Context, limit int) ([]Alert, error)
	// Mailing says that a mail with these alerts is about to be sent.
	Mailing(ctx context.Context, ids []int64, mail string) error
	// Sent marks alerts as told. Marking one twice changes nothing.
	Sent(ctx context.Context, ids []int64) error
	// Failed says why alerts could not be told, and makes them due again after wait.
	// If doubt, their mail may have been sent, and is to be repeated as it was.
	Failed(ctx context.Context, ids []int64, reason string, wait time.Duration, doubt bool) error
}

// A Mail is one digest, ready to be sent.
type Mail struct {
	// ID is derived from the alerts in the mail: a mail sent again has the ID of
	// the first.
	ID      string
	Date    time.Time
	Subject string
	Text    string
	HTML    string
}

// Sender sends mails.
type Sender interface {
	// Send makes one attempt, within ctx. Its error is an *erpbridge.Error:
	// Transient where trying again may help, Refused where a person must act, InDoubt
	// where the mail may have been taken. If
	// some receivers got the mail and others cannot, the error is a *Partial.
	Send(ctx context.Context, m Mail) error
}
