package erpbridge

import "context"

// A Storefront understands one shop system (Channel Adapter and Normalizer,
// inbound). Both methods are pure: no I/O, no clock but Message.ReceivedAt.
// They may be called from many goroutines at once.
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

// An ERP understands one ERP system (Message Translator and Channel Adapter,
// outbound). Its methods may be called from many goroutines at once.
//
// What more an ERP can do is told by optional interfaces: Finder, Prober, Keyed.
type ERP interface {
	// Translate renders e as the documents this ERP wants, in delivery order. It
	// is pure: the same event and configuration give the same bytes. It fills
	// every field of a Document but Mapping. Errors: Held (a mapping is missing,
	// named in the text), Invalid.
	Translate(e Event) ([]Document, error)

	// Deliver sends docs as one request and returns one Result for each, in the
	// same order. It makes a single attempt within ctx: retries belong to the
	// outbox. Delivering a Document the ERP already has must not create it twice.
	// An attempt whose request may have arrived and whose answer was not fully
	// understood is InDoubt. An error about the request as a whole is marked as such
	// (Error.Whole), so that the document that spoilt it can be found.
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
