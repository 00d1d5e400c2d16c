// Package journal keeps what a storefront said and was told: one JSON object a
// line, in a file that only grows.
//
// It is the evidence the checker works on, so it promises what the daemon under
// test has to keep up with:
//
//	append ──▶ in the file ──▶ synced ──▶ Append returns
//
// An Append that returned nil is on the disk, so a Sent line is there before the
// first byte of its message goes out. Appends that meet share one sync: a line
// costs what the disk takes divided by who waits with it. Once a write or a sync
// has failed every later Append fails too: a journal with a hole proves nothing.
//
// A crash may tear the last line. Reading drops a line without its end, opening for
// writing cuts it off. Anything else that does not parse is an error, because an
// unreadable journal must not read as a clean one.
package journal

import "time"

// The kinds of line, as What says them.
const (
	Send   = "send"
	Answer = "answer"
)

// The doors an event can come in by.
const (
	Webhook = "webhook"
	Partner = "partner"
)

// Sent is one try to hand an event in, written before its first byte is sent. An
// event that is sent again has the same Event and Body.
type Sent struct {
	What    string `json:"what"`
	Event   string `json:"event"`    // unique id of the event: the webhook id
	Order   string `json:"order"`    // the order's number, such as "1001"
	OrderID int64  `json:"order_id"` // the storefront's id of the order
	// Version is the state of the order: 1, 2, 3 and so on.
	Version int `json:"version"`
	// UpdatedAt stands in the body and rises strictly with Version.
	UpdatedAt time.Time `json:"updated_at"`
	Topic     string    `json:"topic"`
	Door      string    `json:"door"`
	Daemon    int       `json:"daemon"` // which daemon was asked
	Body      string    `json:"body"`   // exactly the bytes sent
	At        time.Time `json:"at"`
}

// Answered is what came of a try.
type Answered struct {
	What  string `json:"what"`
	Event string `json:"event"`
	// Status is HTTP's, 0 if there was no answer. At the partner door 200 is a
	// confirm, 500 a return or a nack, 0 anything else.
	Status int `json:"status"`
	// Millis counts from when the event was meant to be sent.
	Millis float64   `json:"millis"`
	At     time.Time `json:"at"`
}

// Accepted reports whether the sender was told that the event is safe.
func (a Answered) Accepted() bool { return a.Status >= 200 && a.Status < 300 }
