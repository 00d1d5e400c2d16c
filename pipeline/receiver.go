package pipeline

import (
	"context"
	"fmt"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
)

// A Store makes decisions durable: all of a call in one transaction, and nothing
// changed for messages it has seen before. So the record of having seen a message
// and the work it caused stand or fall together.
type Store interface {
	Record(ctx context.Context, ds []erpbridge.Decision) error
}

// A Receiver is the Idempotent Receiver between the doors and the store.
type Receiver struct {
	Pipeline *Pipeline
	Store    Store
	Log      *zap.Logger
}

// An Arrival is a message at the receiver. Problem, if set, says why it cannot be
// taken for what it claims to be; it is buried with that reason.
type Arrival struct {
	Message erpbridge.Message
	Problem error
}

// Receive decides about each arrival and records the decisions together. It
// returns one error per arrival, nil exactly for those that are safe in the
// store, whatever became of them.
//
// A decision that the store cannot take, alone among others that it can, keeps
// none of the others back. One that it will never take, as it says, is buried with that
// reason: left with the broker, the message would come again for ever, and nobody hear of
// it.
func (r *Receiver) Receive(ctx context.Context, as []Arrival) []error {
	errs := make([]error, len(as))
	ds := make([]erpbridge.Decision, len(as))
	for i, a := range as {
		ds[i] = r.decide(ctx, a)
	}
	err := fault.Do("pipeline.record", func() error { return r.Store.Record(ctx, ds) })
	if err == nil {
		r.tell(ds...)
		return errs
	}
	if ctx.Err() != nil {
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	for i, d := range ds {
		if len(ds) > 1 {
			err = r.Store.Record(ctx, []erpbridge.Decision{d})
		}
		if erpbridge.KindOf(err) == erpbridge.Invalid && d.Verdict != erpbridge.Bury {
			d = erpbridge.Decision{Message: d.Message, Verdict: erpbridge.Bury, Cause: err, Stream: d.Stream, Order: d.Order, Mapping: d.Mapping}
			err = r.Store.Record(ctx, []erpbridge.Decision{d})
		}
		if errs[i] = err; err == nil {
			r.tell(d)
		}
	}
	return errs
}

func (r *Receiver) decide(ctx context.Context, a Arrival) erpbridge.Decision {
	if a.Problem != nil {
		return erpbridge.Decision{Message: a.Message, Verdict: erpbridge.Bury, Cause: a.Problem, Mapping: r.Pipeline.Mapping}
	}
	return r.Pipeline.Decide(ctx, a.Message)
}

// tell writes one line per decision: ids and reasons, never what is in the body.
func (r *Receiver) tell(ds ...erpbridge.Decision) {
	for _, d := range ds {
		fields := []zap.Field{
			zap.String("store", d.Message.Store), zap.String("type", d.Message.Type), zap.String("message", d.Message.ID),
			zap.String("via", string(d.Message.Via)), zap.String("stream", d.Stream), zap.Int("documents", len(d.Documents)),
		}
		if d.Cause != nil {
			fields = append(fields, zap.String("cause_kind", string(erpbridge.KindOf(d.Cause))), zap.String("cause", d.Cause.Error()))
		}
		switch d.Verdict {
		case erpbridge.Accept:
			r.Log.Info("accepted", fields...)
		case erpbridge.Ignore:
			r.Log.Info("ignored", fields...)
		case erpbridge.Hold:
			r.Log.Warn("held", fields...)
		case erpbridge.Defer:
			r.Log.Debug("deferred", fields...)
		default:
			r.Log.Error("buried", fields...)
		}
	}
}

// crashLoop is the reason under which a message is buried that the process did
// not survive several times.
func crashLoop(tries int) error {
	return &erpbridge.Error{
		Op: "pipeline.Digester", Kind: erpbridge.Invalid, Code: "CRASH-LOOP",
		Err: fmt.Errorf("the pipeline began on this message %d times and never came to an end: it may bring the process down; it was not tried again", tries),
	}
}
