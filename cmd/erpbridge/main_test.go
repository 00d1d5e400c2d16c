package main

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The tests that talk HTTP to a daemon leave the default client's idle
	// connections behind.
	goleak.VerifyTestMain(m,
		goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"),
		goleak.Cleanup(func(code int) {
			if err := os.RemoveAll(daemonDir); daemonDir != "" && err != nil {
				fmt.Fprintln(os.Stderr, "deleting the daemon:", err)
				code = max(code, 1)
			}
			os.Exit(code)
		}),
	)
}
