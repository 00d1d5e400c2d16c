package config

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	whole   = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	truths  = map[string]string{"yes": "true", "on": "true", "y": "true", "1": "true", "no": "false", "off": "false", "n": "false", "0": "false"}
	decimal = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
)

func (d decoder) scalar(n *node, path string, into reflect.Value) {
	if n.shape != scalar {
		d.addf(n.mark, path, "want %s, found %v", wanted(into.Type()), n.shape)
		return
	}
	wrong := func(suggestion string) {
		d.add(n.mark, path, fmt.Sprintf("want %s, found %s", wanted(into.Type()), d.shown(n, path)), suggestion)
	}
	switch {
	case into.Type() == durationType:
		v, err := time.ParseDuration(n.text)
		if err != nil || v < 0 {
			suggestion := ""
			if whole.MatchString(n.raw) && !n.taken {
				suggestion = n.raw + "s"
			}
			wrong(suggestion)
			return
		}
		into.SetInt(int64(v))
	case into.Kind() == reflect.String:
		into.SetString(n.text)
	case into.Kind() == reflect.Bool:
		if n.text != "true" && n.text != "false" {
			wrong(truths[strings.ToLower(n.text)])
			return
		}
		into.SetBool(n.text == "true")
	case into.CanInt():
		v, err := strconv.ParseInt(n.text, 10, 64)
		if err != nil || !whole.MatchString(n.text) || into.OverflowInt(v) {
			wrong(withoutZeros(n))
			return
		}
		into.SetInt(v)
	case into.CanUint():
		v, err := strconv.ParseUint(n.text, 10, 64)
		if err != nil || !whole.MatchString(n.text) || into.OverflowUint(v) {
			wrong(withoutZeros(n))
			return
		}
		into.SetUint(v)
	case into.CanFloat():
		v, err := strconv.ParseFloat(n.text, 64)
		if err != nil || !decimal.MatchString(n.text) || into.OverflowFloat(v) {
			wrong("")
			return
		}
		into.SetFloat(v)
	default:
		d.addf(n.mark, path, "no setting can be decoded into a %v", into.Type())
	}
}

// withoutZeros returns the number that was meant by one with leading zeros, or "".
// YAML itself cannot decide whether 010 is eight or ten.
func withoutZeros(n *node) string {
	if short := strings.TrimLeft(n.raw, "0"); short != n.raw && whole.MatchString(short) {
		return short
	}
	return ""
}

// wanted says what a type takes.
func wanted(t reflect.Type) string {
	switch {
	case t == durationType:
		return "a duration with its unit, such as 30s or 15m"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uintptr:
		return fmt.Sprintf("a whole number from 0 to %d", uint64(1)<<(t.Bits()-1)<<1-1)
	case t.Kind() >= reflect.Int8 && t.Kind() <= reflect.Int32:
		return fmt.Sprintf("a whole number from %d to %d", -(int64(1) << (t.Bits() - 1)), int64(1)<<(t.Bits()-1)-1)
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64:
		return "a whole number"
	case t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64:
		return "a decimal number"
	}
	return "text"
}

// shown returns a scalar as an error may show it: as it stands in the file, with
// its references unresolved, and not at all under a key that holds secrets.
func (d decoder) shown(n *node, path string) string {
	if isSecretive(path) {
		return masked
	}
	return quote(n.raw)
}

// quote quotes text for an error, shortened.
func quote(text string) string {
	if r := []rune(text); len(r) > 60 {
		text = string(r[:60]) + "…"
	}
	return strconv.Quote(text)
}

// isSecretive reports whether a part of path is a key that holds secrets.
func isSecretive(path string) bool {
	for part := range strings.SplitSeq(path, ".") {
		name, _, _ := strings.Cut(part, "[")
		if secretive.MatchString(name) {
			return true
		}
	}
	return false
}
