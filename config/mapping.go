package config

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// Mapping returns the fingerprint of everything in the file that decides what a
// document looks like and where it goes: stores without their poll settings, targets
// without their delivery settings, and routes. It is the same for the same settings,
// whatever comments stand between them and in whatever order the keys come.
//
// It is taken before substitution, so that no secret enters it: a changed
// environment variable or file does not change it. What decides a mapping
// therefore belongs into the file itself.
func (c *Config) Mapping() string { return c.mapping }

// fingerprint hashes the canonical form of the settings behind Mapping.
func fingerprint(root *node) string {
	canonical := map[string]any{
		"stores":  byName(root.get("stores"), "poll"),
		"targets": byName(root.get("targets"), "delivery"),
		"routes":  plain(root.get("routes")), // the order of routes matters
	}
	data, err := json.Marshal(canonical) // sorts keys
	if err != nil {
		return "" // cannot be: there are only strings, lists and maps in it
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// plain returns the tree as it stands in the file, without places and styles.
func plain(n *node, without ...string) any {
	if n == nil {
		return nil
	}
	switch n.shape {
	case mapping:
		m := make(map[string]any, len(n.keys))
		for _, e := range n.keys {
			if !slices.Contains(without, e.name) {
				m[e.name] = plain(e.value)
			}
		}
		return m
	case list:
		items := make([]any, len(n.items))
		for i, item := range n.items {
			items[i] = plain(item, without...)
		}
		return items
	case nothing:
		return nil
	}
	return n.raw
}

// byName returns a list of neighbours in the order of their names: neighbours do
// not depend on each other's places.
func byName(n *node, without ...string) any {
	items, ok := plain(n, without...).([]any)
	if !ok {
		return nil
	}
	slices.SortStableFunc(items, func(a, b any) int { return cmp.Compare(nameOf(a), nameOf(b)) })
	return items
}

func nameOf(item any) string {
	m, _ := item.(map[string]any)
	name, _ := m["name"].(string)
	return name
}
