package erpbridge

import (
	"context"
	"time"
)

// A Storefront understands one shop system (Channel Adapter and Normalizer,
// inbound). Both methods are pure: no I/O, no clock but Message.ReceivedAt.
// They may be called from many goroutines at once.
//
// What more a storefront can do is told by optional interfaces: Fetcher, Lister,
// Subscriber.
type Storefront interface {
	// Verify checks over the raw bytes that m really came from the shop, and
	// returns it with ID and Type filled in and Header reduced to what is worth
	// keeping. It is given Store, Header, Body and ReceivedAt. The error is of
	// kind Refused when the sender is not proven, and of kind Invalid when the
	// sender is proven and the message cannot even be named; then the returned
	// message still carries an ID and a Type to record it under.
	Verify(m Message) (Message, error)

	// Normalize returns the events m stands for, in the canonical data model. It
	// is given messages that passed Verify, or that a trusted partner published.
	// Errors: Ignored (understood, of no interest), Invalid (can never be
	// understood), Held (a setting is missing).
	Normalize(m Message) ([]Event, error)
}

// A Fetcher is a Storefront some of whose messages only point to what changed
// (Claim Check). What they point to is fetched before they are normalized, and kept.
type Fetcher interface {
	// Points reports whether m only points to something, so that it has to be fetched
	// before Normalize can be asked.
	Points(m Message) bool
	// Fetch asks the shop for what m points to and returns it as Message.Fetched is to
	// be. It makes a single attempt within ctx. Errors: Transient and Throttled (again
	// later), Refused (credentials), Missing (there is no such thing, or not yet),
	// Invalid (m points to nothing that could be asked for).
	Fetch(ctx context.Context, m Message) ([]byte, error)
}

// A Lister can tell what changed in a shop: webhooks get lost, and the Polling
// Consumer finds what they would have said.
type Lister interface {
	// List returns one page of what changed at or after since, oldest change first, as
	// messages that Normalize understands and that never point to anything. cursor is
	// "" for the first page and Page.Next after that. It makes a single attempt within
	// ctx. Errors: Transient, Throttled, Refused; Invalid for a cursor that is too old.
	List(ctx context.Context, since time.Time, cursor string) (Page, error)
}

// A Page is a part of what a Lister has to tell.
type Page struct {
	// Messages have Store, Type, Body and an ID that is the same whenever the same
	// state is listed. Via and ReceivedAt are for the caller to set.
	Messages []Message
	// Next asks for the following page; "" after the last one.
	Next string
	// Until: every change before it has been listed with this page. The zero Time where
	// that cannot be told before the last page.
	Until time.Time
}

// A Subscriber can tell whether the shop still sends its webhooks here, and ask it to
// do so again: shops stop sending to an address that failed for a while.
type Subscriber interface {
	// Subscriptions returns the state of each subscription the configuration asks for.
	Subscriptions(ctx context.Context) ([]Subscription, error)
	// Subscribe brings one of them back: it creates or enables it.
	Subscribe(ctx context.Context, s Subscription) error
}

// A Subscription is a storefront's word that it sends a topic to an address.
type Subscription struct {
	ID      string // the storefront's own; "" where there is none
	Topic   string
	Address string
	State   SubscriptionState
	Detail  string // what the storefront says about it, in words for an operator
}

// SubscriptionState is whether events can be expected.
type SubscriptionState string

// The states of a subscription.
const (
	Subscribed SubscriptionState = "active"
	Disabled   SubscriptionState = "disabled"
	Gone       SubscriptionState = "missing"
)

// An ERP understands one ERP system (Message Translator and Channel Adapter,
// outbound). Its methods may be called from many goroutines at once.
//
// What more an ERP can do is told by optional interfaces: Finder, Prober, Keyed,
// Confirmer, Acknowledger.
type ERP interface {
	// Translate renders e as the documents this ERP wants, in delivery order. It
	// is pure: the same event and configuration give the same bytes. It fills
	// every field of a Document but Mapping and Resource. Errors: Held (a mapping is missing,
	// named in the text), Invalid.
	Translate(e Event) ([]Document, error)

	// Deliver sends docs as one request and returns one Result for each, in the
	// same order. It makes a single attempt within ctx: retries belong to the
	// outbox. Where that takes several requests, as in a look-up before a write, it asks
	// Pace before each, as do Find and Confirm. Delivering a Document the ERP already has
	// must not create it twice. An attempt whose request may have arrived and whose answer
	// was not fully understood is InDoubt. An error about the request as a whole is marked
	// as such (Error.Whole), so that the document that spoilt it can be found.
	Deliver(ctx context.Context, docs []Document) []Result
}

// A Finder can look up what became of documents in doubt.
type Finder interface {
	// Find returns one Result for each of docs: a Receipt if the ERP holds exactly
	// this state, an error of kind Missing if it surely does not, any other error
	// if that could not be learnt.
	Find(ctx context.Context, docs []Document) []Result
}

// A Keyed ERP takes a document under the same key only once, however often it is
// sent: it has a unique external id, or remembers message ids for good. Where there
// is neither this nor a Finder, delivery is at least once.
type Keyed interface {
	// Keyed reports whether the ERP, as it is configured, does so.
	Keyed() bool
}

// A Prober can tell whether the ERP answers, without any effect there.
type Prober interface {
	Probe(ctx context.Context) error
}

// A Confirmer is an ERP that stores what it is sent, says so (Receipt.Accepted), and
// books it later. It is asked until it knows, or until the confirmation is overdue.
type Confirmer interface {
	// Confirm asks what became of accepted documents and returns one Result for each:
	// a Receipt if it is booked, one that is still Accepted if that is not known yet
	// (Warning then says how far it is), an error of kind Invalid if the ERP threw it
	// out, of kind Missing if the ERP knows nothing of it, any other error if that could
	// not be learnt. It makes a single attempt within ctx.
	Confirm(ctx context.Context, accepted []Accepted) []Result
}

// An Accepted is a Document that an ERP stored and has not confirmed yet.
type Accepted struct {
	Document
	Ref   string    // of the Receipt it was accepted with
	Since time.Time // when it was accepted
}

// An Acknowledger is an ERP that sends its confirmations of its own accord, as messages
// to /confirmations/<target>.
type Acknowledger interface {
	// Acknowledge checks that m comes from the ERP and returns what it says. It is given
	// Header, Body and ReceivedAt. Errors: Refused (the sender is not proven), Invalid
	// (it cannot be understood). The sender is proven first: who is not must not learn
	// whether there is such a target.
	Acknowledge(m Message) ([]Acknowledgement, error)
}

// An Acknowledgement is an ERP's word on one document that it accepted under the
// Receipt.Ref that is given here.
type Acknowledgement struct {
	Ref    string
	Result Result
	// Lasting: Ref names a message that the ERP takes once, in all its states. What is
	// accepted under Ref later is not confirmed anew: it is booked with this.
	Lasting bool
}
