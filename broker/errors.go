package broker

import (
	"errors"

	"github.com/hakooi/erpbridge"
)

// What Publish can answer; compare with errors.Is. After all but ErrUnknown the
// broker surely does not have the event.
var (
	// ErrUnavailable says that there is no session, that the broker has blocked
	// publishers for lack of memory or disk, or that it does not confirm. It is
	// answered at once.
	ErrUnavailable error = &erpbridge.Error{Op: "broker.Publish", Kind: erpbridge.Transient, Err: errors.New("the broker takes nothing")}
	// ErrBusy says that the event never left: the waiting room was full, or the
	// caller's deadline came first.
	ErrBusy error = &erpbridge.Error{Op: "broker.Publish", Kind: erpbridge.Transient, Err: errors.New("too many events wait for the broker")}
	// ErrUnroutable says that the broker returned the event because no queue is
	// bound to the exchange.
	ErrUnroutable error = &erpbridge.Error{Op: "broker.Publish", Kind: erpbridge.Refused, Err: errors.New("the broker has no queue for it")}
	// ErrNacked says that the broker refused the event.
	ErrNacked error = &erpbridge.Error{Op: "broker.Publish", Kind: erpbridge.Transient, Err: errors.New("the broker refused it")}
	// ErrTooLarge says that the event is larger than a message may be, or that it
	// lacks what every event has; it can never be published.
	ErrTooLarge error = &erpbridge.Error{Op: "broker.Publish", Kind: erpbridge.Invalid, Err: errors.New("too large for a message")}
	// ErrUnknown says that the event left and no answer came: the broker may or
	// may not have it.
	ErrUnknown error = &erpbridge.Error{Op: "broker.Publish", Kind: erpbridge.InDoubt, Err: errors.New("the broker did not say whether it has it")}
)
