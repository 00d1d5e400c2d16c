package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge/torture/journal"
)

// Each fault is in one row, and a row has no point twice.
func TestArranged(t *testing.T) {
	for _, n := range []int{1, 3, 4, 5, 58, 70} {
		var points []string
		for i := range n {
			points = append(points, fmt.Sprintf("room.point%d", i))
		}
		seen := map[fault]int{}
		for _, row := range arranged(points, actions) {
			at := map[string]bool{}
			for _, f := range row {
				seen[f]++
				if at[f.point] {
					t.Errorf("of %d points, %s is twice in %v", n, f.point, row)
				}
				at[f.point] = true
			}
		}
		for _, p := range points {
			for _, a := range actions {
				if f := (fault{p, a}); seen[f] != 1 {
					t.Errorf("of %d points, %s is there %d times", n, f, seen[f])
				}
			}
		}
	}
}

// What did not happen, and what was in a red row, is tried alone; what was alone and
// red is known already.
func TestSuspects(t *testing.T) {
	a, b, c, d := fault{"a.a", "crash"}, fault{"b.b", "error"}, fault{"c.c", "cut"}, fault{"d.d", "crash"}
	sw := sweep{fired: map[fault]bool{a: true, b: true, d: true}, red: map[fault]bool{a: true, b: true, d: true}}
	got := sw.suspects([][]fault{{a, b}, {c}, {d}})
	if diff := cmp.Diff([][]fault{{a}, {b}, {c}}, got, cmp.AllowUnexported(fault{})); diff != "" {
		t.Error(diff)
	}
}

func TestAnswersBetween(t *testing.T) {
	var a answers
	start := time.Now()
	for i, status := range []int{200, 503, 200, 200} {
		sent := start.Add(time.Duration(i) * time.Second)
		a.add(journal.Webhook, status, sent, sent.Add(time.Duration(i+1)*time.Millisecond))
	}
	a.add(journal.Partner, 0, start.Add(time.Second), start.Add(time.Minute))
	w := a.between(start.Add(time.Second), start.Add(3*time.Second))
	if len(w.sorted) != 2 || w.failed != 1 || w.longest() != 3*time.Millisecond {
		t.Errorf("%v", w)
	}
}
