package config

import (
	"errors"
	"math"
	"regexp"
	"strconv"
)

// A Size is a number of bytes, written with its unit: 512KiB, 10MiB, 1GB.
type Size int64

var (
	sized = regexp.MustCompile(`^(0|[1-9][0-9]*) ?(B|kB|KiB|MB|MiB|GB|GiB)$`)
	units = map[string]int64{
		"B": 1, "kB": 1e3, "KiB": 1 << 10, "MB": 1e6, "MiB": 1 << 20, "GB": 1e9, "GiB": 1 << 30,
	}
)

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	m := sized.FindStringSubmatch(string(text))
	if m == nil {
		return errors.New("want a size with its unit, such as 512KiB or 10MiB")
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil || n > math.MaxInt64/units[m[2]] {
		return errors.New("the size is too large")
	}
	*s = Size(n * units[m[2]])
	return nil
}

// MarshalText writes the size as UnmarshalText reads it.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String returns the size in the largest unit that divides it.
func (s Size) String() string {
	for _, unit := range []string{"GiB", "MiB", "KiB"} {
		if s != 0 && int64(s)%units[unit] == 0 {
			return strconv.FormatInt(int64(s)/units[unit], 10) + unit
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}
