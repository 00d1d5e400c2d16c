package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// rooms are the folders of the product that have points for faults.
var rooms = []string{"alert", "adapters", "broker", "cmd/erpbridge", "ingest", "outbox", "pipeline", "wsdl/soap"}

// named is how a point is named: its room, and what happens there.
var named = regexp.MustCompile(`^[a-z_]+(\.[a-z_]+)+$`)

// pointsIn finds the points of the source: what the sweep has to break. They are the
// literals given to fault.Do, to a transaction, whose name makes two, and to a list of
// points.
func pointsIn(source string) ([]string, error) {
	found := map[string]bool{}
	for _, room := range rooms {
		err := filepath.WalkDir(filepath.Join(source, room), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			return pointsOf(path, found)
		})
		if err != nil {
			return nil, fmt.Errorf("looking for points: %w", err)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("there are no points below %s", source)
	}
	return slices.Sorted(maps.Keys(found)), nil
}

func pointsOf(path string, found map[string]bool) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch called(n.Fun) {
			case "fault.Do":
				note(found, n.Args)
			case "inTx":
				note(found, n.Args, ".begin", ".commit")
			}
		case *ast.CompositeLit:
			if called(n.Type) == "points" {
				for _, e := range n.Elts {
					if kv, ok := e.(*ast.KeyValueExpr); ok {
						note(found, []ast.Expr{kv.Value})
					}
				}
			}
		}
		return true
	})
	return nil
}

// called is the name of what is called or made, with its package.
func called(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return called(e.X) + "." + e.Sel.Name
	}
	return ""
}

// note notes the literals that are names of points.
func note(found map[string]bool, es []ast.Expr, ends ...string) {
	for _, e := range es {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			continue
		}
		text, err := strconv.Unquote(lit.Value)
		if err != nil || !named.MatchString(text) {
			continue
		}
		for _, end := range ends {
			found[text+end] = true
		}
		if len(ends) == 0 {
			found[text] = true
		}
	}
}
