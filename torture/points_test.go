package main

import (
	"slices"
	"testing"
)

// The points are found where they are named in each of the three ways.
func TestPointsIn(t *testing.T) {
	points, err := pointsIn("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"broker.publish", "broker.ack", "outbox.settle.begin", "outbox.settle.commit", "outbox.deliver"} {
		if !slices.Contains(points, want) {
			t.Errorf("%s is not among %q", want, points)
		}
	}
	if len(points) < 40 {
		t.Errorf("%d points, want at least 40", len(points))
	}
}
