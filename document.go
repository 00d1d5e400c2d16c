package erpbridge

// A Document is one record as one ERP wants it, rendered once and never changed:
// every retry and every plain replay sends the same bytes under the same key.
// What is made anew for each attempt (a nonce, a signature, a session) is not
// part of it.
type Document struct {
	// Key is the idempotency key, unique within Target: a function of store,
	// resource, version and kind of document, fixed before the first send.
	Key    string
	Target string
	// Resource is Event.Resource: what the document is about. A newer state of the same
	// resource supersedes an undelivered older one. The pipeline sets it.
	Resource string
	// Stream is the store and the thing the document is about. The documents of
	// a stream are delivered to a target one after the other.
	Stream string
	// Kind is the ERP's own word for the record, such as "SalesOrder".
	Kind string
	// Record names the ERP record this document is the full state of. A newer
	// state of the same record supersedes an undelivered older one, and an older
	// one never overwrites a newer. Empty: a document that stands for itself.
	Record string
	// Version places the document among the states of Record.
	Version Version
	Body    []byte
	// Mapping is the fingerprint of the mapping that rendered Body.
	Mapping string
}

// A Receipt is an ERP's word that it has a Document.
type Receipt struct {
	Ref     string // the ERP's own number for it, or the name it confirms it by
	Warning string // what the ERP had to say although it took the document
	Raw     []byte // the answer, kept as evidence; may be cut to 64 KiB
	// Accepted: the ERP has stored the Document and not booked it yet. Whether it does is
	// confirmed later, see Confirmer and Acknowledger.
	Accepted bool
}

// A Result is what one delivery attempt, or one look-up, came to for one
// Document. Err is nil, or an error whose Kind says what to do next.
type Result struct {
	Receipt Receipt
	Err     error
}

// A Decision is what the pipeline made of a Message; the outbox makes it durable.
type Decision struct {
	Message Message
	Verdict Verdict
	// Stream and Order say which order the message is about, as far as is known:
	// "order/4711" and "#1001".
	Stream string
	Order  string
	// Resource and Version say which state of what the message told, as far as is known;
	// of a message that tells of several things, those of the last.
	Resource string
	Version  Version
	// Documents are what an accepted message came to, in delivery order.
	Documents []Document
	// Cause says why a message was held, buried or ignored.
	Cause error
	// Mapping is the fingerprint of the mapping in force.
	Mapping string
}

// A Verdict is what is to become of a Message.
type Verdict string

// The verdicts of the pipeline.
const (
	Accept Verdict = "accept" // deliver the documents
	Hold   Verdict = "hold"   // wait until the missing mapping exists
	Bury   Verdict = "bury"   // into the dead-letter list
	Ignore Verdict = "ignore" // understood, recorded, nothing to deliver
	Defer  Verdict = "defer"  // wait until what it points to has been fetched
)
