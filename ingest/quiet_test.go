package ingest

import (
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestQuietCountsWhatItLeavesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zap.DebugLevel)
		q := newQuiet(zap.New(core), zap.WarnLevel)
		for range 12 {
			q.log("flood")
		}
		if logs.Len() != linesPerSecond {
			t.Errorf("%d lines at once", logs.Len())
		}
		time.Sleep(time.Second) // the bubble's clock
		q.log("later")
		q.log("later")
		later := logs.FilterMessage("later").All()
		if len(later) != 2 || later[0].ContextMap()["suppressed"] != int64(7) || len(later[1].Context) != 0 {
			t.Errorf("later: %v", later)
		}
	})
}
