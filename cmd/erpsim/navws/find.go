package navws

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// find answers Read and ReadMultiple.
func (s *Server) find(req *request) ([]string, *fault) {
	p := req.page
	if req.operation == "Read" {
		for _, r := range s.records[p.service] {
			if r.No == req.content.value("No") {
				return []string{p.content(r, true)}, nil
			}
		}
		return nil, nil
	}
	size, err := strconv.Atoi(req.content.value("setSize"))
	if err != nil {
		return nil, &fault{"DeserializationFailed", "setSize is missing or no number."}
	}
	filters := map[string][]string{}
	for _, c := range req.content.children {
		if c.name != "filter" {
			continue
		}
		f, ok := p.field(c.value("Field"))
		if !ok || f.name == "Key" {
			return nil, &fault{"DeserializationFailed", "Instance validation error: '" + c.value("Field") + "' is not a valid value for " + p.service + "_Fields."}
		}
		values, flt := wanted(c.value("Criteria"), f)
		if flt != nil {
			return nil, flt
		}
		filters[f.name] = values
	}
	var out []string
	for _, r := range s.records[p.service] {
		fits := true
		for name, values := range filters {
			fits = fits && slices.Contains(values, r.Fields[name])
		}
		if fits {
			out = append(out, p.content(r, !s.conf.ListsWithoutLines))
		}
		if size > 0 && len(out) == size {
			break
		}
	}
	return out, nil
}

// wanted reads a filter of values: 'A'|'B'. What stands in quotes is as it is, with two
// quotes for one.
func wanted(criteria string, f field) (values []string, _ *fault) {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(criteria); i++ {
		switch c := criteria[i]; {
		case c == '\'' && quoted && i+1 < len(criteria) && criteria[i+1] == '\'':
			b.WriteByte('\'')
			i++
		case c == '\'':
			quoted = !quoted
		case c == '|' && !quoted:
			values = append(values, b.String())
			b.Reset()
		case !quoted && strings.ContainsRune("&<>=()*?@", rune(c)), !quoted && c == '.' && strings.HasPrefix(criteria[i:], ".."):
			return nil, &fault{"Types.Exceptions.NavFilterException", "This simulator filters by values alone: " + criteria}
		default:
			b.WriteByte(c)
		}
	}
	if quoted {
		return nil, &fault{"Types.Exceptions.NavFilterException", "The filter \"" + criteria + "\" is not valid for the " + f.name + " field."}
	}
	values = append(values, b.String())
	for i, v := range values {
		if f.length > 0 && len([]rune(v)) > f.length {
			return nil, &fault{"Types.Exceptions.NavFilterException", fmt.Sprintf("The filter %q is not valid for the %s field. The length of the string is %d, but it must be less than or equal to %d characters.", v, f.name, len([]rune(v)), f.length)}
		}
		if f.typ == "code" {
			values[i] = strings.ToUpper(strings.TrimSpace(v))
		}
	}
	return values, nil
}
