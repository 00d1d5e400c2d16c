package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge/outbox"
)

// xrefTables are the tables that ERPs look into. An entry of another one would be asked
// for by nobody, and is most likely a slip of the pen.
var xrefTables = []string{
	"companies", "countries", "customer_emails", "customer_phones", "customers", "items", "locations", "payment_methods",
	"payment_terms", "regions", "ship_methods", "tax_codes", "units",
}

// asked returns a key in the way ERPs ask the table for it: e-mail addresses in small
// letters, of phone numbers the digits.
func asked(table, key string) string {
	switch table {
	case "customer_emails":
		return strings.ToLower(key)
	case "customer_phones":
		return strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, key)
	}
	return key
}

// suspect returns what makes an entry look like a mistake.
func suspect(r outbox.Reference) error {
	if !slices.Contains(xrefTables, r.Table) {
		return fmt.Errorf("no ERP asks a table %q%s; known: %s; --force takes it all the same", r.Table, meant(r.Table), strings.Join(xrefTables, ", "))
	}
	for _, text := range []string{r.Key, r.Value} {
		if damaged.MatchString(text) {
			return fmt.Errorf("%q is what a spreadsheet makes of a long number, or of a formula that fails: format the column as text and enter it again; --force takes it all the same", text)
		}
	}
	return nil
}

// damaged is what is left of an article number that a spreadsheet took for a number, or
// of a look-up that found nothing.
var damaged = regexp.MustCompile(`^(\d[.,]\d+E\+\d+|#(N/A|NV|REF!|NAME\?|VALUE!|DIV/0!|NULL!|NUM!)|#+)$`)

// meant suggests the table that a name is closest to.
func meant(name string) string {
	best, least := "", 3 // two slips
	for _, table := range xrefTables {
		if d := distance(strings.ToLower(name), table); d < least {
			best, least = table, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// distance is how many letters have to be put in, left out or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
