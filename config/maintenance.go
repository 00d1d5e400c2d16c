package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Maintenance is a time that comes again each week, in which a target is left
// alone. It begins at From and ends at To; if that is not later, on the next day.
type Maintenance struct {
	// Days it begins on, as mon, tue ... sun. None: every day.
	Days []Day `yaml:"days"`
	// From and To are clock times of the zone, "22:00". Default midnight.
	From Clock `yaml:"from"`
	To   Clock `yaml:"to"`
	// Zone is a zone of the tz database, such as "Europe/Berlin".
	Zone Zone `yaml:"zone"`
}

func (m Maintenance) check(c *checker, path string) {
	in := c.in(path)
	if m.Zone.Location == nil {
		in.complain("zone", "required: whose clocks are meant, such as Europe/Berlin or UTC")
	}
}

// always reports whether the windows of one zone leave no minute of the week. A window
// without days and times is one.
func always(ms []Maintenance) bool {
	const day, week = 24 * 60, 7 * 24 * 60
	free := make(map[string]int) // minutes of the week, by zone
	shut := make(map[string]*[week]bool)
	for _, m := range ms {
		if m.Zone.Location == nil {
			continue
		}
		zone := m.Zone.String()
		if shut[zone] == nil {
			shut[zone], free[zone] = &[week]bool{}, week
		}
		from, to := int(time.Duration(m.From)/time.Minute), int(time.Duration(m.To)/time.Minute)
		if to <= from {
			to += day
		}
		for d := range Day(7) {
			if len(m.Days) > 0 && !slices.Contains(m.Days, d) {
				continue
			}
			for minute := int(d)*day + from; minute < int(d)*day+to; minute++ {
				if at := &shut[zone][minute%week]; !*at {
					*at = true
					free[zone]--
				}
			}
		}
		if free[zone] == 0 {
			return true
		}
	}
	return false
}

// A Day is a day of the week.
type Day time.Weekday

var days = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// UnmarshalText reads a day's first three letters.
func (d *Day) UnmarshalText(text []byte) error {
	for i, name := range days {
		if string(text) == name {
			*d = Day(i)
			return nil
		}
	}
	return fmt.Errorf("want one of %s", strings.Join(days, ", "))
}

// MarshalText writes the day as UnmarshalText reads it.
func (d Day) MarshalText() ([]byte, error) { return []byte(days[d]), nil }

// A Clock is a time of day, after midnight.
type Clock time.Duration

// UnmarshalText reads a time of day as "22:00".
func (c *Clock) UnmarshalText(text []byte) error {
	t, err := time.Parse("15:04", string(text))
	if err != nil {
		return errors.New(`want a clock time from "00:00" to "23:59"`)
	}
	*c = Clock(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute)
	return nil
}

// MarshalText writes the time as UnmarshalText reads it.
func (c Clock) MarshalText() ([]byte, error) {
	d := time.Duration(c)
	return fmt.Appendf(nil, "%02d:%02d", d/time.Hour, d%time.Hour/time.Minute), nil
}

// A Zone is a zone of the tz database.
type Zone struct{ *time.Location }

// UnmarshalText reads a zone's name.
func (z *Zone) UnmarshalText(text []byte) error {
	// "" and "Local" would be this machine's business, which says nothing to whoever
	// reads the file.
	if name := string(text); name == "" || name == "Local" {
		return errors.New("want the name of a zone, such as Europe/Berlin or UTC")
	}
	loc, err := time.LoadLocation(string(text))
	if err != nil {
		return errors.New("there is no such time zone; want a name of the tz database, such as Europe/Berlin")
	}
	z.Location = loc
	return nil
}

// MarshalText writes the zone's name.
func (z Zone) MarshalText() ([]byte, error) { return []byte(z.String()), nil }
