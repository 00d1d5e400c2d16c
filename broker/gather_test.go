package broker

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func parcelOf(tag uint64, events int) *parcel {
	return &parcel{tag: tag, letters: make([]letter, events)}
}

func tags(ps []*parcel) []uint64 {
	var ts []uint64
	for _, p := range ps {
		ts = append(ts, p.tag)
	}
	return ts
}

func next(t *testing.T, g *gatherer) []uint64 {
	t.Helper()
	ps, err := g.next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tags(ps)
}

func TestGatherIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inbox := make(chan *parcel, 10)
		g := &gatherer{inbox: inbox, max: 500, linger: time.Minute}
		began := time.Now()
		inbox <- parcelOf(1, 1)
		if diff := cmp.Diff([]uint64{1}, next(t, g)); diff != "" {
			t.Error(diff)
		}
		if waited := time.Since(began); waited != 0 { // the clock of synctest: exact
			t.Errorf("one alone waited %v", waited)
		}
	})
}

func TestGatherLingersUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inbox := make(chan *parcel, 10)
		g := &gatherer{inbox: inbox, max: 500, linger: 3 * time.Millisecond}
		inbox <- parcelOf(1, 1)
		inbox <- parcelOf(2, 64)
		go func() {
			time.Sleep(2 * time.Millisecond)
			inbox <- parcelOf(3, 1)
			time.Sleep(2 * time.Millisecond)
			inbox <- parcelOf(4, 1)
		}()
		if diff := cmp.Diff([]uint64{1, 2, 3}, next(t, g)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]uint64{4}, next(t, g)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestGatherBounds(t *testing.T) {
	inbox := make(chan *parcel, 10)
	g := &gatherer{inbox: inbox, max: 100, linger: time.Millisecond}
	for i, n := range []int{64, 30, 64, 36, 1, 200, 1} {
		inbox <- parcelOf(uint64(i+1), n)
	}
	close(inbox)
	var got [][]uint64
	for {
		ps, err := g.next(t.Context())
		if errors.Is(err, errInboxClosed) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, tags(ps))
	}
	if diff := cmp.Diff([][]uint64{{1, 2}, {3, 4}, {5}, {6}, {7}}, got); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
}

func TestGatherRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inbox := make(chan *parcel, 10)
		g := &gatherer{inbox: inbox, max: 500, linger: time.Millisecond}
		began := time.Now()
		late, soon := parcelOf(1, 1), parcelOf(2, 1)
		late.due, soon.due = began.Add(2*time.Second), began.Add(time.Second)
		g.later([]*parcel{late, soon})
		inbox <- parcelOf(3, 1)
		var got []uint64
		for range 3 {
			got = append(got, next(t, g)...)
		}
		if diff := cmp.Diff([]uint64{3, 2, 1}, got); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		if waited := time.Since(began); waited != 2*time.Second {
			t.Errorf("the last after %v", waited)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := g.next(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("after the end: %v", err)
		}
	})
}
