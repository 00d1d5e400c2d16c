package erpbridge

import "strings"

// A CrossReference translates the storefronts' names into the ERP's, as operators keep
// them: items, customers, tax codes. It is of one target. It may be used by many
// goroutines at once, and its content may change between two calls.
type CrossReference interface {
	// Value returns what key stands for in a table, and whether it is there.
	Value(table, key string) (value string, ok bool)
	// Kept reports whether a table has any entry with a value whose key begins with prefix:
	// whether somebody keeps it.
	Kept(table, prefix string) bool
}

// CrossReferences is a CrossReference that does not change: values by table and key.
// The nil map knows nothing.
type CrossReferences map[string]map[string]string

// Value implements CrossReference.
func (c CrossReferences) Value(table, key string) (string, bool) {
	value, ok := c[table][key]
	return value, ok
}

// Kept implements CrossReference.
func (c CrossReferences) Kept(table, prefix string) bool {
	for key, value := range c[table] {
		if value != "" && strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}
