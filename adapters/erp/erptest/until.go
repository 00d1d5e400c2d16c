package erptest

import (
	"testing"
	"time"
)

// Until asks again and again whether it is so, and ends the test if it has not become so
// after a time that is long even for a busy machine.
func Until(t testing.TB, what string, isSo func() bool) {
	t.Helper()
	const (
		most  = 30 * time.Second
		pause = 2 * time.Millisecond // leaves the processor to what is waited for
	)
	for deadline := time.Now().Add(most); !isSo(); time.Sleep(pause) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// Serial leaves a long test out of the run with -short, which is the one under the race
// detector. Only a test that does one thing after the other may say so of itself: without
// a second goroutine there is no race to find. The run without -short has the test.
func Serial(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("one thing after the other: nothing for the race detector of -short; the run without it has this test")
	}
}
