package outbox

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func names(requests [][]candidate) [][]string {
	var out [][]string
	for _, r := range requests {
		var ns []string
		for _, c := range r {
			ns = append(ns, c.name)
		}
		out = append(out, ns)
	}
	return out
}

func TestComposeTakesTurnsBetweenStores(t *testing.T) {
	var cs []candidate
	for i := range 100 {
		cs = append(cs, candidate{name: fmt.Sprint("flood", i), store: "a"})
	}
	cs = append(cs, candidate{name: "b0", store: "b"}, candidate{name: "b1", store: "b"}, candidate{name: "c0", store: "c"})
	got := names(compose(cs, 2, Batch{Events: 3}))
	if want := [][]string{{"flood0", "b0", "c0"}, {"flood1", "b1", "flood2"}}; !slices.EqualFunc(got, want, slices.Equal) {
		t.Error(cmp.Diff(want, got))
	}
}

func TestComposeKeepsSortsApart(t *testing.T) {
	cs := []candidate{
		{name: "send0"},
		{name: "find0", find: true},
		{name: "send1"},
		{name: "half0", together: 2},
		{name: "half1", together: 2},
		{name: "half2", together: 2},
		{name: "find1", find: true},
		{name: "alone", together: 1},
	}
	got := names(compose(cs, 100, Batch{Events: 10}))
	want := [][]string{{"send0", "send1"}, {"find0", "find1"}, {"half0", "half1"}, {"half2"}, {"alone"}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Error(cmp.Diff(want, got))
	}
}

func TestComposeBoundsBytes(t *testing.T) {
	cs := []candidate{{name: "a", bytes: 60}, {name: "b", bytes: 60}, {name: "c", bytes: 30}, {name: "huge", bytes: 500}, {name: "d", bytes: 1}}
	got := names(compose(cs, 100, Batch{Events: 10, Bytes: 100}))
	want := [][]string{{"a"}, {"b", "c"}, {"huge"}, {"d"}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Error(cmp.Diff(want, got))
	}
}

func TestComposeWithoutRoom(t *testing.T) {
	if got := compose([]candidate{{name: "a"}}, 0, Batch{}); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
