package config

import "strings"

// nearest returns the one of known that word was probably meant to be, or "".
// A third of the letters may be wrong, and a swap of neighbours counts as one;
// where nothing is that near, one word may begin with the other.
func nearest(word string, known []string) string {
	if len(word) > 64 {
		return ""
	}
	best, distance := "", max(1, len(word)/3)+1
	for _, k := range known {
		if strings.EqualFold(glue.Replace(k), glue.Replace(word)) {
			return k // maxBody, max-body
		}
		if d := editDistance(word, k); d < distance {
			best, distance = k, d
		}
	}
	for _, k := range known {
		if best == "" && min(len(word), len(k)) >= 3 && (strings.HasPrefix(word, k) || strings.HasPrefix(k, word)) {
			best = k // maximum, warning
		}
	}
	return best
}

var glue = strings.NewReplacer("_", "", "-", "")

// editDistance is the optimal string alignment distance of a and b, in bytes:
// how many insertions, deletions, replacements and swaps of neighbours lie
// between them.
func editDistance(a, b string) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := above[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, above[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
