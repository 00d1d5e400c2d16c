// Command erpsim simulates what the bridge delivers to, a NetSuite account and a
// mail server, and the shops it takes orders from, with the ways they fail. It is for
// demonstrations and tests and no part of what is installed.
//
//	erpsim run --netsuite 127.0.0.1:8081 --smtp 127.0.0.1:2525 --journal DIR --credentials FILE
//	erpsim state --url http://127.0.0.1:8081/control
//	erpsim modes add --url http://127.0.0.1:8081/control --kind effect-then-drop --count 3
//	erpsim shop --platform shopify --webhooks http://127.0.0.1:8080/webhooks/shop --orders 40 --lose 0.2
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(exit(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func exit(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, args, stdin, stdout, stderr); err != nil {
		_, _ = fmt.Fprintln(stderr, "erpsim:", err)
		return 1
	}
	return 0
}

// run is the whole program, from arguments to the last goroutine's return.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return root.ExecuteContext(ctx)
}
