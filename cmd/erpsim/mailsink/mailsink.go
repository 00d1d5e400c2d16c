// Package mailsink is an SMTP server that keeps what it is sent, for testing
// programs that send mail.
//
// A message is kept, in memory and if wanted as a file, before it is accepted:
// what a client was told was taken can be read. Its mode says how the server
// treats its clients, and may be changed at any time:
//
//	Accept ◀──▶ Reject | Defer | Tarpit     commands are answered otherwise
//	   ▲
//	   ├──────▶ Busy                         greeted with 421 and hung up on
//	   ├──────▶ Vanish                       kept, and the connection cut before the 250
//	   └──────▶ Down                         nobody listens; open connections are cut
//
// The address stays the same through all of them.
package mailsink

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A Mode is how the sink treats its clients.
type Mode string

// The modes.
const (
	Accept Mode = "accept"
	Reject Mode = "reject" // 550 to every recipient: for good
	Defer  Mode = "defer"  // 451 to every recipient: later, perhaps
	Tarpit Mode = "tarpit" // accepts, and takes TarpitDelay over each step of it
	Busy   Mode = "busy"   // 421 instead of a greeting
	Vanish Mode = "vanish" // keeps the message and hangs up instead of saying so
	Down   Mode = "down"   // the connection is refused
)

var allModes = []Mode{Accept, Reject, Defer, Tarpit, Busy, Vanish, Down}

// Config says what the sink offers. The zero value takes any mail on a free
// loopback port, without encryption or authentication.
type Config struct {
	// Addr is where to listen. Empty: 127.0.0.1 on a free port.
	Addr string
	// Dir is a folder that gets every message as an .eml file. Empty: none does.
	Dir string
	// TLS offers STARTTLS with a self-signed certificate for localhost,
	// 127.0.0.1 and ::1, made anew each time. See Certificate.
	TLS bool
	// RequireTLS refuses mail before STARTTLS. It implies TLS.
	RequireTLS bool
	// Username and Password demand AUTH PLAIN. Empty: none is offered. With TLS it
	// is only offered after STARTTLS.
	Username string
	Password string
	// TarpitDelay is how long each step takes in mode Tarpit. Zero: 5 seconds.
	TarpitDelay time.Duration
	// MaxBytes bounds a message. Zero: 32 MB.
	MaxBytes int64
	// Mode is the mode at the start. Empty: Accept.
	Mode Mode
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
}

// A Sink is a running server.
type Sink struct {
	conf Config
	addr string
	tls  *tls.Config
	cert *x509.Certificate

	change sync.Mutex  // held while the mode changes or the sink closes
	back   *time.Timer // to mode Accept, under change; nil if the mode is there for good

	mu       sync.Mutex
	mode     Mode
	messages []Message
	arrived  chan struct{} // closed and replaced with each message
	serving  *serving      // nil while down
	closed   bool
}

// New starts a sink. The caller closes it.
func New(conf Config) (*Sink, error) {
	if conf.Addr == "" {
		conf.Addr = "127.0.0.1:0"
	}
	if conf.TarpitDelay == 0 {
		conf.TarpitDelay = 5 * time.Second
	}
	if conf.MaxBytes == 0 {
		conf.MaxBytes = 32 << 20
	}
	if conf.Mode == "" {
		conf.Mode = Accept
	}
	if conf.Now == nil {
		conf.Now = time.Now
	}
	s := &Sink{conf: conf, addr: conf.Addr, mode: Accept, arrived: make(chan struct{})}
	if conf.TLS || conf.RequireTLS {
		cert, leaf, err := selfSigned()
		if err != nil {
			return nil, fmt.Errorf("making a certificate: %w", err)
		}
		s.cert = leaf
		s.tls = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	// Listening comes first even for mode Down: the address must be known.
	if err := s.listen(); err != nil {
		return nil, err
	}
	if err := s.SetMode(conf.Mode); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Addr is host and port of the server. It does not change.
func (s *Sink) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Certificate is what a client must trust to accept STARTTLS; nil without TLS.
func (s *Sink) Certificate() *x509.Certificate { return s.cert }

// Mode returns the mode in force.
func (s *Sink) Mode() Mode {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mode
}

// SetMode changes how clients are treated from now on. Going Down cuts the open
// connections and returns when nobody listens any more; coming back fails if
// another program took the port meanwhile.
func (s *Sink) SetMode(m Mode) error { return s.SetModeFor(m, 0) }

// SetModeFor is SetMode with a way back: after d the mode is Accept, unless it was
// changed before. Zero or less leaves it for good.
func (s *Sink) SetModeFor(m Mode, d time.Duration) error {
	if !slices.Contains(allModes, m) {
		return fmt.Errorf("mode %q is not one of %q", m, allModes)
	}
	s.change.Lock()
	defer s.change.Unlock()
	s.stayPut()
	if err := s.setMode(m); err != nil || d <= 0 {
		return err
	}
	var back *time.Timer
	back = time.AfterFunc(d, func() {
		s.change.Lock()
		defer s.change.Unlock()
		if s.back == back { // the mode is still the one it is the way back from
			s.back = nil
			_ = s.setMode(Accept) // without the port nobody listens, which any client sees
		}
	})
	s.back = back
	return nil
}

// stayPut forgets the way back. The caller holds change.
func (s *Sink) stayPut() {
	if s.back != nil {
		s.back.Stop()
		s.back = nil
	}
}

// setMode changes the mode. The caller holds change.
func (s *Sink) setMode(m Mode) error {
	s.mu.Lock()
	s.mode = m
	serving, closed := s.serving, s.closed
	s.mu.Unlock()
	switch {
	case closed:
		return fmt.Errorf("the mail sink is closed")
	case m == Down && serving != nil:
		s.stop()
	case m != Down && serving == nil:
		return s.listen()
	}
	return nil
}

// Messages returns what was accepted, oldest first.
func (s *Sink) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Wait returns the messages as soon as there are n of them.
func (s *Sink) Wait(ctx context.Context, n int) ([]Message, error) {
	for {
		s.mu.Lock()
		messages, arrived := slices.Clone(s.messages), s.arrived
		s.mu.Unlock()
		if len(messages) >= n {
			return messages, nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return messages, fmt.Errorf("waiting for %d messages, have %d: %w", n, len(messages), ctx.Err())
		}
	}
}

// Clear forgets the messages so far; files stay.
func (s *Sink) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = nil
}

// Close stops the server and waits for its connections to end.
func (s *Sink) Close() {
	s.change.Lock()
	defer s.change.Unlock()
	s.stayPut()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
}

// keep stores a message before it is accepted.
func (s *Sink) keep(m Message) error {
	if s.conf.Dir != "" {
		if err := writeFile(s.conf.Dir, m); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
	close(s.arrived)
	s.arrived = make(chan struct{})
	return nil
}
