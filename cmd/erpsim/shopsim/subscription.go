package shopsim

import (
	"slices"
	"time"
)

// A Subscription is what the shop sends where.
type Subscription struct {
	ID       int64     `json:"id"`
	Topic    string    `json:"topic"`
	Address  string    `json:"address"`
	Active   bool      `json:"active"`
	Failures int       `json:"failures"`       // in a row
	Since    time.Time `json:"since,omitzero"` // the first of them
	Made     time.Time `json:"made"`
	Changed  time.Time `json:"changed"`
	// Header is sent with each webhook, where the platform allows that.
	Header map[string]string `json:"header,omitempty"`
}

// A policy is what a platform does about answers.
type policy interface {
	// patience is how long it waits for one.
	patience() time.Duration
	// good reports whether an answer is one it wants.
	good(status int) bool
	// again is how long it waits before the attempt after the n-th, which failed; false:
	// there is none.
	again(n int) (time.Duration, bool)
	// judge says what becomes of a subscription after a failure, and whether the whole
	// address rests.
	judge(sub *Subscription, last bool) fate
	// deletes reports whether what is removed is gone, and not only switched off.
	deletes() bool
}

// fate is what becomes of a subscription.
type fate int

const (
	stays fate = iota
	removed
	rests
)

// subscribe makes a subscription, or returns the one there is.
func (s *Shop) subscribe(topic, address string) (sub *Subscription, made bool) {
	for _, sub := range s.subs {
		if sub.Topic == topic && sub.Address == address {
			return sub, false
		}
	}
	s.nextSub++
	now := s.conf.Now().UTC().Truncate(time.Second)
	sub = &Subscription{ID: 1000 + s.nextSub, Topic: topic, Address: address, Active: true, Made: now, Changed: now}
	s.subs = append(s.subs, sub)
	s.write(Entry{Kind: Added, Topic: topic, Subscription: sub.ID})
	return sub, true
}

// enable switches a subscription on again.
func (s *Shop) enable(sub *Subscription) {
	if sub.Active {
		return
	}
	sub.Active, sub.Failures, sub.Since = true, 0, time.Time{}
	sub.Changed = s.conf.Now().UTC().Truncate(time.Second)
	s.write(Entry{Kind: Added, Topic: sub.Topic, Subscription: sub.ID})
}

// remove takes a subscription away, in the platform's way.
func (s *Shop) remove(sub *Subscription) {
	if !sub.Active {
		return
	}
	sub.Active = false
	sub.Changed = s.conf.Now().UTC().Truncate(time.Second)
	if s.face.deletes() {
		s.subs = slices.DeleteFunc(s.subs, func(x *Subscription) bool { return x == sub })
	}
	s.queue = slices.DeleteFunc(s.queue, func(d *delivery) bool { return d.sub == sub })
	s.write(Entry{Kind: Removed, Topic: sub.Topic, Subscription: sub.ID})
}

// DropSubscription removes all subscriptions, as the platform does after failures: it
// deletes them, or switches them off.
func (s *Shop) DropSubscription() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sub := range slices.Clone(s.subs) {
		s.remove(sub)
	}
}

// Subscriptions returns those there are.
func (s *Shop) Subscriptions() []Subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Subscription, len(s.subs))
	for i, sub := range s.subs {
		out[i] = *sub
	}
	return out
}

func (s *Shop) subscription(id int64) *Subscription {
	for _, sub := range s.subs {
		if sub.ID == id {
			return sub
		}
	}
	return nil
}
