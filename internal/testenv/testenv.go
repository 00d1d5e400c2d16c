// Package testenv gives tests what they cannot make up: a database of their own, a
// corner of the broker of their own, and the samples that stand beside the project.
//
// The servers are real, and they are those of DATABASE_URL and AMQP_URL; `make test`
// starts private ones. A test without them fails: a suite that skips what it was
// written for tells nothing. The samples are different. The project builds and tests
// without them, so a test that needs them skips where there are none.
//
// Everything made here is gone when the test ends, passed or not; but for the one
// template of migrated databases that a server keeps for all tests.
package testenv

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"testing"
	"time"
)

// patience bounds each exchange with a server: long enough for a busy machine, and
// short of the test's own deadline, so that the test says which server hangs.
const patience = 30 * time.Second

// server returns the value of an environment variable that names a server, or ends
// the test.
func server(t testing.TB, variable string) string {
	t.Helper()
	url := os.Getenv(variable)
	if url == "" {
		t.Fatalf("%s is not set: run `make test`, which starts private servers", variable)
	}
	return url
}

// unique returns a name nobody else has: a letter and twelve hexadecimal digits.
func unique() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b) // never fails, says its documentation
	return "t" + hex.EncodeToString(b)
}
