package cluster

import (
	"fmt"
	"os"
	"strings"
)

// size is how long a log is: what a server says later comes after.
func size(file string) int64 {
	info, err := os.Stat(file)
	if err != nil {
		return 0
	}
	return info.Size()
}

// says returns nil once a log holds a text after a place.
func says(file string, after int64, text string) error {
	raw, err := os.ReadFile(file) // #nosec G304 -- our own file
	if err != nil {
		return err
	}
	if after <= int64(len(raw)) && strings.Contains(string(raw[after:]), text) {
		return nil
	}
	return fmt.Errorf("its log does not say %q yet", text)
}
