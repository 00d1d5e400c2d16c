package filetransfer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// A File is one or more documents as they are delivered.
type File struct {
	// Name is the name of the file, a function of what is in it, and never that of
	// another one: {store}_{type}_{yyyymmddThhmmssZ}_{id8}.xml. Letters, digits, dot,
	// underscore and hyphen.
	Name string
	Body []byte
	// Keys are the idempotency keys of the documents in it.
	Keys []string
	// Count is how many records it holds, and Totals are its control totals, for the
	// manifest: "amount EUR" is "129.90".
	Count  int
	Totals map[string]string
}

// longest is the longest name there may be: with what is put around it, it stays below
// the 255 bytes that file systems allow.
const longest = 200

var nameShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// check returns why f cannot be delivered.
func (f File) check() error {
	switch {
	case !nameShape.MatchString(f.Name):
		return fmt.Errorf("%q is not a file's name of letters, digits, dots, underscores and hyphens", f.Name)
	case len(f.Name) > longest:
		return fmt.Errorf("the name %q is longer than %d characters", f.Name, longest)
	case partial.MatchString(f.Name):
		return fmt.Errorf("the name %q is that of a temporary file", f.Name)
	case len(f.Body) == 0:
		return errors.New("the file is empty")
	case len(f.Keys) == 0 || slices.Contains(f.Keys, ""):
		return errors.New("the file has no key for each of its documents")
	}
	return nil
}

// partial is the shape of a temporary name: that of the file it belongs to, an attempt's
// own part, and what it will be.
var partial = regexp.MustCompile(`^\.?(.+)\.[a-z0-9]{10}\.(data|manifest|trigger)\.part$`)

// temporary is the name something is written under before it becomes visible. It is in
// the same folder, because only there a rename is one step.
func (c *Config) temporary(visible, attempt, what string) string {
	name := visible + "." + attempt + "." + what + ".part"
	if c.Temp == tempDot {
		name = "." + name
	}
	return name
}

func sum(body []byte) string {
	h := sha256.Sum256(body)
	return hex.EncodeToString(h[:])
}
