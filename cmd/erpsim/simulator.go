package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"
)

// A simulator is one simulated ERP, or shop, as a command runs it.
type simulator struct {
	listen    string
	readyFile string
	handler   http.Handler
	// connState is told of its connections; nil: nobody is.
	connState func(net.Conn, http.ConnState)
	// printed is what is printed when it listens, of the address it listens at.
	printed func(base string) any
	// work is what it does besides, each until ctx ends.
	work []func(ctx context.Context) error
}

// flags adds those that every simulator has.
func (s *simulator) flags(f *pflag.FlagSet, what string) {
	f.StringVar(&s.listen, "listen", "127.0.0.1:0", what)
	f.StringVar(&s.readyFile, "ready-file", "", "file to write the addresses to once listening")
}

// addresses is what is printed of a simulator whose addresses have these paths, by what
// they are called, and whose control interface is below /control.
func addresses(paths map[string]string) func(base string) any {
	return func(base string) any {
		all := map[string]string{"control_url": base + "/control"}
		for name, path := range paths {
			all[name] = base + path
		}
		return all
	}
}

// run serves it until ctx ends, and prints its addresses as soon as it listens. What fails
// ends the rest.
func (s *simulator) run(ctx context.Context, stdout io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return err
	}
	line, err := json.Marshal(s.printed("http://" + listener.Addr().String()))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: s.handler, ReadHeaderTimeout: 30 * time.Second, ConnState: s.connState}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if err := announce(line, stdout, s.readyFile); err != nil {
		return errors.Join(err, server.Close(), ignoreClosed(<-served))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	worked := make(chan error, len(s.work))
	for _, work := range s.work {
		go func() {
			err := work(ctx)
			if err != nil {
				cancel()
			}
			worked <- err
		}()
	}
	select {
	case err := <-served:
		served <- err
	case <-ctx.Done():
	}
	cancel()
	for range s.work {
		if e := <-worked; !errors.Is(e, context.Canceled) {
			err = errors.Join(err, e)
		}
	}
	return errors.Join(err, stop(server), ignoreClosed(<-served))
}

// stop lets running requests end; those that take too long, slowed down by a
// mode perhaps, are cut.
func stop(server *http.Server) error {
	grace, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// announce prints the addresses, and writes them to a file that is never seen
// half written.
func announce(line []byte, stdout io.Writer, file string) error {
	line = append(line, '\n')
	if file != "" {
		part := filepath.Join(filepath.Dir(file), "."+filepath.Base(file)+".part")
		if err := os.WriteFile(part, line, 0o640); err != nil {
			return err
		}
		if err := os.Rename(part, file); err != nil {
			return err
		}
	}
	_, err := stdout.Write(line)
	return err
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

// openJournal opens a file that entries are added to. No file: nothing is written.
func openJournal(file string) (io.WriteCloser, error) {
	if file == "" {
		return nowhere{io.Discard}, nil
	}
	f, err := os.OpenFile(filepath.Clean(file), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	return f, nil
}

type nowhere struct{ io.Writer }

func (nowhere) Close() error { return nil }
