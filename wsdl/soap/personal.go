package soap

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"
)

// leastPersonal is how long a text is at least that Personal returns: what is shorter
// stands in too many other words.
const leastPersonal = 3

// Personal returns what the elements of these names say below an element, line by line,
// the longest first, for Reason to blot out: ERPs quote the customer that they were sent.
func Personal(root *etree.Element, names ...string) []string {
	var texts []string
	for _, el := range root.FindElements(".//*") {
		if !slices.Contains(names, el.Tag) {
			continue
		}
		for line := range strings.Lines(Text(el)) {
			if line = strings.TrimSpace(line); utf8.RuneCountInString(line) >= leastPersonal {
				texts = append(texts, line)
			}
		}
	}
	slices.SortFunc(texts, func(a, b string) int { return len(b) - len(a) })
	return texts
}
