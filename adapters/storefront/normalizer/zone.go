package normalizer

import (
	"errors"
	"fmt"
	"time"
)

// OpenZone returns the zone of a setting, or nil for "".
func OpenZone(name string) (*time.Location, error) {
	switch name {
	case "":
		return nil, nil
	case "Local":
		return nil, errors.New(`time_zone: "Local" depends on the machine; write an IANA name such as "Europe/Berlin"`)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf(`time_zone: %q is not known here; write an IANA name such as "Europe/Berlin"`, name)
	}
	return zone, nil
}

// Day returns the calendar day of t in zone, as YYYY-MM-DD, and "" for the zero Time. A
// nil zone is the one t itself carries.
func Day(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	if zone != nil {
		t = t.In(zone)
	}
	return t.Format(time.DateOnly)
}

// First returns the first time that is given.
func First(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}
