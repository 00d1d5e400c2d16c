// Command gen makes Go types for the answers of a web service from its WSDL,
// with gowsdl.
//
// gowsdl's output is not right on the wire as it is: numbers become float64, an
// absent boolean reads as false, namespaces of children and xsi:type are lost,
// and a whole client comes with it that does not read faults. What it is good
// for is the tedious part: the shape of the answers. So the WSDL is rewritten
// before it is given to gowsdl, by these steps:
//
//   - only what the -roots lead to is kept: requests, with their namespaces and
//     xsi:type, are not written with generated types;
//   - every simple type becomes xsd:string: "absent", "" and "0.10" stay what
//     they are, and the adapter decides what they mean;
//   - -concrete Base=Derived puts a concrete type where the schema has an
//     abstract one and only that type ever comes;
//   - -omit Type.element leaves out what is read by other means;
//   - -also Type.element adds a spelling that other versions of the endpoint use;
//   - namespaces are dropped: they hold the endpoint's version, and are checked
//     on the tree before it is decoded.
//
// The same WSDL gives the same file, without a network:
//
//	go generate ./wsdl/...
package main

import (
	"errors"
	"flag"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/beevik/etree"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	wsdl, out, pkg string
	rewriting
}

func run(args []string) error {
	o, err := parseFlags(args)
	if err != nil {
		return err
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromFile(o.wsdl); err != nil {
		return fmt.Errorf("reading %s: %w", o.wsdl, err)
	}
	if err := o.rewrite(doc); err != nil {
		return fmt.Errorf("rewriting %s: %w", o.wsdl, err)
	}
	types, err := generate(doc, o.pkg)
	if err != nil {
		return err
	}
	source, err := finish(o, types)
	if err != nil {
		return err
	}
	return os.WriteFile(o.out, source, 0o644)
}

func parseFlags(args []string) (options, error) {
	var o options
	var roots, concrete, omit, also string
	fs := flag.NewFlagSet("gen", flag.ContinueOnError)
	fs.StringVar(&o.wsdl, "wsdl", "", "the WSDL to read")
	fs.StringVar(&o.out, "out", "", "the Go file to write")
	fs.StringVar(&o.pkg, "package", "", "its package")
	fs.StringVar(&roots, "roots", "", "elements whose types are wanted, separated by commas")
	fs.StringVar(&concrete, "concrete", "", "Base=Derived pairs, separated by commas")
	fs.StringVar(&omit, "omit", "", "Type.element pairs to leave out, separated by commas")
	fs.StringVar(&also, "also", "", "Type.element pairs to add, separated by commas")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if o.wsdl == "" || o.out == "" || o.pkg == "" || roots == "" {
		return o, errors.New("-wsdl, -out, -package and -roots are needed")
	}
	o.roots = strings.Split(roots, ",")
	var err error
	if o.concrete, err = pairs(concrete, "="); err != nil {
		return o, fmt.Errorf("-concrete: %w", err)
	}
	if o.omit, err = pairs(omit, "."); err != nil {
		return o, fmt.Errorf("-omit: %w", err)
	}
	if o.also, err = pairs(also, "."); err != nil {
		return o, fmt.Errorf("-also: %w", err)
	}
	return o, nil
}

func pairs(list, sep string) ([]pair, error) {
	var ps []pair
	for item := range strings.SplitSeq(list, ",") {
		if item == "" {
			continue
		}
		a, b, ok := strings.Cut(item, sep)
		if !ok || a == "" || b == "" {
			return nil, fmt.Errorf("%q is not a pair with %q", item, sep)
		}
		ps = append(ps, pair{a, b})
	}
	return ps, nil
}

// generate gives the rewritten WSDL to gowsdl and returns the types it makes.
// It is run as a command: as a library it writes one map from two goroutines.
func generate(doc *etree.Document, pkg string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "gen")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "rewritten.wsdl")
	if err := doc.WriteToFile(path); err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "run", "github.com/hooklift/gowsdl/cmd/gowsdl", "-d", dir, "-p", pkg, "-o", "types.go", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("gowsdl: %w: %s", err, out)
	}
	code, err := os.ReadFile(filepath.Join(dir, pkg, "types.go"))
	if err != nil {
		return nil, err
	}
	// What stands before is gowsdl's own header, for a client that is not made.
	_, types, ok := strings.Cut(string(code), endOfHeader)
	if !ok || strings.TrimSpace(types) == "" {
		return nil, errors.New("gowsdl made no types")
	}
	return []byte(types), nil
}

const endOfHeader = "type NCName string\n"

var blankNamespace = regexp.MustCompile(`xml:" (\w+)"`)

// finish puts a header before the types. A dropped namespace leaves a blank in
// the tags, which means the same to encoding/xml and not to go vet.
func finish(o options, types []byte) ([]byte, error) {
	head := fmt.Sprintf("// Code generated by wsdl/gen with gowsdl v0.5.0 from %s. DO NOT EDIT.\n\npackage %s\n\n", filepath.Base(o.wsdl), o.pkg)
	types = blankNamespace.ReplaceAll(types, []byte(`xml:"$1"`))
	if strings.Contains(string(types), "xml.Name") {
		head += "import \"encoding/xml\"\n\n"
	}
	source, err := format.Source(append([]byte(head), types...))
	if err != nil {
		return nil, fmt.Errorf("formatting what gowsdl made: %w", err)
	}
	return source, nil
}
