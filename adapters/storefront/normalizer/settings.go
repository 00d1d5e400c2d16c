package normalizer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge"
)

// OneOf returns an error that names the setting unless value is one of the words
// allowed.
func OneOf(setting, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s: %q is not one of %s", setting, clip(value), strings.Join(allowed, ", "))
}

// CheckCurrency returns an error about the setting default_currency unless it is an ISO
// 4217 code, or not set.
func CheckCurrency(code string) error {
	if _, ok := erpbridge.Digits(code); code != "" && !ok {
		return fmt.Errorf(`default_currency: %q is not an ISO 4217 code; write one such as "EUR", or remove it`, clip(code))
	}
	return nil
}
