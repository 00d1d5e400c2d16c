package cluster

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func names(steps []Step) []string {
	var all []string
	for _, s := range steps {
		all = append(all, s.Name)
	}
	return all
}

func TestSameSeedSameSteps(t *testing.T) {
	c := &Cluster{Broker: &Broker{}, Database: &Database{}}
	first := names(c.Steps(7, "q"))
	if diff := cmp.Diff(first, names(c.Steps(7, "q"))); diff != "" {
		t.Errorf("the same seed did something else:\n%s", diff)
	}
	if !slices.ContainsFunc([]uint64{8, 9, 10}, func(seed uint64) bool { return !slices.Equal(first, names(c.Steps(seed, "q"))) }) {
		t.Error("three other seeds did the same")
	}
	slices.Sort(first)
	want := []string{"fail over", "fail over", "kill node 1", "kill node 2", "kill node 3", "partition the leader"}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Error(diff)
	}
}

func TestStepEndsInTime(t *testing.T) {
	s := Step{Name: "wait", Limit: time.Millisecond, Do: func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}}
	err := s.Run(t.Context())
	if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "wait: ") {
		t.Errorf("it ended with %v", err)
	}
}

func TestDatabaseURL(t *testing.T) {
	for address, want := range map[string]string{
		"postgres://u:p@127.0.0.1:1/u?sslmode=disable":                 "postgres://u:p@127.0.0.1:1/other?sslmode=disable",
		"postgres://u:p@127.0.0.1:1,127.0.0.1:2/u?a=b&sslmode=disable": "postgres://u:p@127.0.0.1:1,127.0.0.1:2/other?a=b&sslmode=disable",
	} {
		if got := DatabaseURL(address, "other"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
