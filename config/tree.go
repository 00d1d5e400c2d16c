package config

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// What a file may come to. Aliases are written out while the tree is built, so
// the bound on nodes is what stops a few lines from becoming billions.
const (
	maxFile  = 1 << 20
	maxNodes = 50_000
	maxDepth = 50
)

// mark is a place in the file, counted from 1.
type mark struct{ line, column int }

// shape is what a node looks like.
type shape int

const (
	broken  shape = iota // its error is already reported
	nothing              // null, or no value at all
	scalar
	list
	mapping
)

// String returns the shape in the words of an error message.
func (s shape) String() string {
	switch s {
	case nothing:
		return "nothing"
	case scalar:
		return "text"
	case list:
		return "a list"
	case mapping:
		return "keys and values"
	}
	return "something broken"
}

// A node is one value of the file with aliases written out. Nothing is
// interpreted yet: a scalar is the text as it stands in the file.
type node struct {
	shape shape
	mark  mark
	raw   string // the scalar as written
	text  string // the scalar after substitution
	taken bool   // text came from the environment or from a file
	items []*node
	keys  []entry
}

// An entry is one key of a mapping, and its value.
type entry struct {
	name  string
	mark  mark
	value *node
}

// get returns the value of a key, or nil.
func (n *node) get(key string) *node {
	for _, e := range n.keys {
		if e.name == key {
			return e.value
		}
	}
	return nil
}

// gives reports whether the file has a value at a key: a zero that is written is one.
func (n *node) gives(key string) bool {
	value := n.get(key)
	return value != nil && value.shape != nothing
}

// place returns the place of a setting, or of the nearest thing around it that
// the file has.
func (n *node) place(file, path string) place {
	for path != "" {
		var next *node
		if rest, ok := strings.CutPrefix(path, "["); ok {
			index, after, _ := strings.Cut(rest, "]")
			if i, err := strconv.Atoi(index); err == nil && i >= 0 && i < len(n.items) {
				next = n.items[i]
			}
			path = after
		} else {
			path = strings.TrimPrefix(path, ".")
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			next = n.get(path[:end])
			path = path[end:]
		}
		if next == nil {
			break
		}
		n = next
	}
	return place{file: file, mark: n.mark, raw: n.raw, taken: n.taken}
}

// builder turns YAML nodes into ours.
type builder struct {
	*report
	nodes int
	depth int
	open  map[*yaml.Node]bool // aliased nodes around the current one
}

func (b *builder) build(y *yaml.Node, path string) *node {
	n := &node{mark: mark{y.Line, y.Column}}
	b.nodes++
	if b.nodes > maxNodes {
		if b.nodes == maxNodes+1 {
			b.addf(n.mark, "", "the file comes to more than %d values; its aliases multiply", maxNodes)
		}
		return n
	}
	// The parser bounds what is nested in the text, and aliases nest further.
	if b.depth >= 2*maxDepth {
		b.addf(n.mark, path, "nested too deeply")
		return n
	}
	b.depth++
	defer func() { b.depth-- }()
	if y.Kind == yaml.AliasNode {
		if b.open[y.Alias] {
			b.addf(n.mark, path, "this alias contains itself")
			return n
		}
		return b.build(y.Alias, path)
	}
	if y.Style&yaml.TaggedStyle != 0 && y.Tag != "!!str" {
		b.addf(n.mark, path, "tags are not used here; a value that begins with ! must be quoted")
		return n
	}
	if y.Anchor != "" {
		b.open[y] = true
		defer delete(b.open, y)
	}
	switch y.Kind {
	case yaml.MappingNode:
		n.shape = mapping
		b.buildKeys(n, y, path)
	case yaml.SequenceNode:
		n.shape = list
		for i, item := range y.Content {
			n.items = append(n.items, b.build(item, fmt.Sprintf("%s[%d]", path, i)))
		}
	case yaml.ScalarNode:
		b.buildScalar(n, y, path)
	}
	return n
}

func (b *builder) buildScalar(n *node, y *yaml.Node, path string) {
	if y.Tag == "!!null" {
		n.shape = nothing
		if y.Anchor != "" && y.Value == "" {
			b.addf(n.mark, path, "an anchor without a value; a value that begins with & must be quoted")
			n.shape = broken
		}
		return
	}
	n.shape, n.raw, n.text = scalar, y.Value, y.Value
}

func (b *builder) buildKeys(n *node, y *yaml.Node, path string) {
	seen := make(map[string]int, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, at := y.Content[i], mark{y.Content[i].Line, y.Content[i].Column}
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch {
		case key.Kind != yaml.ScalarNode:
			b.addf(at, path, "a key must be text")
			continue
		case key.Tag == "!!merge":
			b.addf(at, path, "merge keys (<<) are not supported; write the keys out, or give a whole value an anchor and refer to it")
			continue
		}
		inner := join(path, key.Value)
		if line, ok := seen[key.Value]; ok {
			b.addf(at, inner, "the key is already in line %d", line)
			continue
		}
		seen[key.Value] = at.line
		n.keys = append(n.keys, entry{key.Value, at, b.build(y.Content[i+1], inner)})
	}
}

// join returns the path of a key inside path.
func join(path, key string) string {
	if path == "" {
		return printable(key)
	}
	return path + "." + printable(key)
}

// printable returns a key as it may be shown: up to the first character that no
// setting's name has. Where the blank after a colon was forgotten, the rest is
// a value, and perhaps a secret one.
func printable(key string) string {
	for i, c := range key {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if (!letter && c != '_' && c != '-') || i >= 64 {
			return key[:i] + "…"
		}
	}
	return key
}
