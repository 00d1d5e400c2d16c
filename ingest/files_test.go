//go:build unix

package ingest

import (
	"syscall"
	"testing"
)

func TestAffordable(t *testing.T) {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		t.Fatal(err)
	}
	if got := affordable(1); got != 1 {
		t.Errorf("one connection is %d", got)
	}
	if files.Cur > 1<<40 {
		return // there is no limit
	}
	limit := int(files.Cur) // #nosec G115 -- seen above
	for _, most := range []int{limit - spare, limit, 10 * limit} {
		if got := affordable(most); got > limit-spare && got > 1 {
			t.Errorf("%d connections with %d files for all", got, limit)
		}
	}
}
