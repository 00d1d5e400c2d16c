// Command erpdemo plays a short story of erpbridge's main job on real servers and
// tells it as it happens. It exits with 0 only if in the end the ledger balances
// and the simulated NetSuite holds every order of every shop exactly once, with
// the shop's total.
//
// The programs it tells about are the real ones: bin/erpbridge as a daemon and as
// a command, bin/erpsim as NetSuite, mail server and shops. PostgreSQL and RabbitMQ are
// those of DATABASE_URL and AMQP_URL.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "erpdemo:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

func run(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("erpdemo", flag.ContinueOnError)
	bin := flags.String("bin", "bin", "folder of erpbridge and erpsim")
	testdata := flags.String("testdata", "testdata", "folder of the storefront's and the partner's messages")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if os.Getenv("DATABASE_URL") == "" || os.Getenv("AMQP_URL") == "" {
		return errors.New("DATABASE_URL and AMQP_URL are not set: run make demo, which starts private servers")
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()

	h, err := open(ctx, *bin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	s := &story{house: h, testdata: *testdata}
	return s.tell(ctx)
}
