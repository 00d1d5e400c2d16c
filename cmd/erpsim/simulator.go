package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/suitetalk"
)

// A simulator is one simulated ERP as a command runs it.
type simulator struct {
	listen    string
	readyFile string
	handler   http.Handler
	control   http.Handler
	// names are its addresses, by what they are called in what is printed: paths.
	names map[string]string
	// work is what it does besides, until ctx ends; nil: nothing.
	work func(ctx context.Context) error
}

// run serves it until ctx ends, and prints its addresses as soon as it listens.
func (s *simulator) run(ctx context.Context, stdout io.Writer) error {
	mux := http.NewServeMux()
	mux.Handle("/", s.handler)
	mux.Handle("/control/", suitetalk.LoopbackOnly(s.control))
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return err
	}
	base := "http://" + listener.Addr().String()
	addresses := map[string]string{"control_url": base + "/control"}
	for name, path := range s.names {
		addresses[name] = base + path
	}
	line, err := json.Marshal(addresses)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 30 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if err := announce(line, stdout, s.readyFile); err != nil {
		return errors.Join(err, server.Close(), ignoreClosed(<-served))
	}
	ctx, cancel := context.WithCancel(ctx)
	worked := make(chan error, 1)
	go func() {
		defer cancel() // what fails ends the rest
		if s.work == nil {
			<-ctx.Done()
			worked <- nil
			return
		}
		worked <- s.work(ctx)
	}()
	select {
	case err := <-served:
		served <- err
	case <-ctx.Done():
	}
	cancel()
	return errors.Join(<-worked, stop(server), ignoreClosed(<-served))
}

// every calls f again and again, until ctx ends or f fails.
func every(ctx context.Context, pause time.Duration, f func() error) error {
	tick := time.NewTicker(max(pause, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := f(); err != nil {
				return err
			}
		}
	}
}
