package erpbridge_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/hakooi/erpbridge"

// Modules of others, by the short names they have here.
const (
	amqp     = "github.com/rabbitmq/amqp091-go"
	backoff  = "github.com/cenkalti/backoff/v4"
	cobra    = "github.com/spf13/cobra"
	currency = "github.com/bojanz/currency"
	etree    = "github.com/beevik/etree"
	goose    = "github.com/pressly/goose/v3"
	gocmp    = "github.com/google/go-cmp"
	gomail   = "github.com/wneessen/go-mail"
	gosmtp   = "github.com/emersion/go-smtp"
	gocrypto = "github.com/ProtonMail/go-crypto"
	gosasl   = "github.com/emersion/go-sasl"
	gowsdl   = "github.com/hooklift/gowsdl"
	ntlmssp  = "github.com/Azure/go-ntlmssp"
	jsonexp  = "github.com/go-json-experiment/json"
	pflag    = "github.com/spf13/pflag"
	sftp     = "github.com/pkg/sftp"
	pgx      = "github.com/jackc/pgx/v5"
	udecimal = "github.com/quagmt/udecimal"
	uuid     = "github.com/google/uuid"
	uniseg   = "github.com/rivo/uniseg"
	xcrypto  = "golang.org/x/crypto"
	xoauth2  = "golang.org/x/oauth2"
	xnetHTML = "golang.org/x/net/html/charset"
	xsync    = "golang.org/x/sync"
	xtext    = "golang.org/x/text"
	xtime    = "golang.org/x/time"
	yaml     = "go.yaml.in/yaml/v4"
	zap      = "go.uber.org/zap"
)

// anything stands for every room, or every module.
const anything = "*"

// A room is a package of ours, or the pattern of some, and what its code may import
// besides the standard library.
type room struct {
	name string   // path below the module, or a pattern of path.Match
	ours []string // names or patterns of rooms
	them []string // modules, or packages of them
}

// rooms is the floor plan: the first line that matches a package holds for it, and a
// package without a line does not belong in the house. Rooms do not import each
// other; cmd introduces them. The simulator shares no code with what it tests.
var rooms = []room{
	{".", nil, []string{udecimal, currency}},

	{"wsdl/soap", []string{".", "internal/fault"}, []string{etree, xnetHTML, xtext}},
	{"wsdl/gen", nil, []string{etree, gowsdl}},
	{"wsdl/check", []string{"wsdl/soap"}, []string{etree}},
	{"wsdl/*", nil, []string{gowsdl + "/soap"}},

	{"adapters/storefront/storefronttest", []string{"."}, []string{gocmp, jsonexp}},
	{"adapters/erp/erptest", []string{"."}, []string{gocmp, yaml}},
	{"adapters/erp/login", []string{".", "wsdl/soap"}, []string{ntlmssp, xoauth2}},
	{"adapters/erp/filetransfer", []string{".", "internal/fault"}, []string{gocrypto, sftp, xcrypto}},
	{"adapters/erp/salesdoc", []string{".", "internal/fault"}, []string{currency, udecimal, uniseg, etree, xtext + "/unicode/norm"}},
	{"adapters/storefront/strictjson", nil, []string{jsonexp}},
	{"adapters/storefront/normalizer", []string{".", "adapters/storefront/strictjson", "internal/fault"}, []string{udecimal, jsonexp}},
	{"adapters/storefront/signed", nil, nil},
	{"adapters/storefront/shopapi", []string{"."}, []string{xtime}},
	// What storefronts share; they do not know each other.
	{"adapters/storefront/*", []string{
		".", "adapters/storefront/strictjson", "adapters/storefront/normalizer", "adapters/storefront/signed", "adapters/storefront/shopapi",
		"internal/fault",
	}, []string{udecimal, jsonexp}},
	// What ERPs share; they do not know each other.
	{"adapters/erp/*", []string{
		".", "wsdl/*", "adapters/erp/salesdoc", "adapters/erp/filetransfer", "adapters/erp/login", "internal/fault",
	}, []string{etree, udecimal, uuid}},
	{"adapters", []string{".", "adapters/*/*"}, nil},

	{"poll", []string{".", "internal/fault"}, []string{zap, backoff}},
	{"pipeline", []string{".", "internal/fault"}, []string{zap}},
	{"outbox", []string{".", "internal/fault"}, []string{pgx, goose, backoff, zap, uuid, xtime}},
	{"broker", []string{".", "internal/fault"}, []string{amqp, backoff, zap, uuid}},
	{"ingest", []string{".", "internal/fault"}, []string{zap, xtime}},
	{"alert", []string{".", "internal/fault"}, []string{gomail, backoff, zap}},
	{"config", nil, []string{yaml}},

	{"cmd/erpbridge", []string{".", "adapters", "wsdl/*", "pipeline", "outbox", "broker", "ingest", "poll", "alert", "config", "internal/fault"}, []string{cobra, zap, xsync}},
	{"cmd/erpsim", []string{"cmd/erpsim/*"}, []string{etree, gosmtp, gosasl, cobra, pflag, yaml}},
	{"cmd/erpsim/*", []string{"cmd/erpsim/*", "internal/freeport"}, []string{etree, gosmtp, gosasl, cobra, pflag, yaml, sftp, xcrypto, uuid}},
	{"cmd/erpdemo", []string{".", "config", "cmd/erpsim/*", "internal/freeport"}, []string{amqp}},

	{"internal/testenv", nil, []string{pgx, amqp}},
	{"internal/fault", nil, nil},
	{"internal/freeport", nil, nil},
	{"torture", []string{"torture/*", "internal/fault"}, []string{anything}},
	{"torture/*", []string{"torture/*", "internal/freeport"}, []string{anything}},
	{"bench", []string{anything}, []string{anything}},
}

// keepers are the modules that are known to few rooms only, whatever their lines say.
var keepers = map[string][]string{
	pgx:  {"outbox", "internal/testenv", "torture", "torture/*"},
	amqp: {"broker", "internal/testenv", "cmd/erpdemo", "torture", "torture/*", "bench"},
}

// unwanted are modules that no code of ours imports, tests not excepted: the
// standard library's testing and errors do what they do.
var unwanted = []string{
	"github.com/stretchr/testify",
	"github.com/onsi/ginkgo",
	"github.com/onsi/gomega",
	"github.com/golang/mock",
	"go.uber.org/mock",
	"github.com/pkg/errors",
	"io/ioutil",
}

// A listed is one package as go list tells of it.
type listed struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func TestArrows(t *testing.T) {
	for dec := json.NewDecoder(bytes.NewReader(goList(t, "-json=ImportPath,Imports,TestImports,XTestImports", "./..."))); ; {
		var pkg listed
		if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		for _, w := range wrongs(pkg) {
			t.Error(w)
		}
	}
}

// What a merchant runs must not carry what only tests need.
func TestProgramCarriesNoTesting(t *testing.T) {
	for _, dep := range strings.Fields(string(goList(t, "-deps", module+"/cmd/erpbridge/..."))) {
		if within(dep, "testing") || within(dep, "go.uber.org/goleak") || within(dep, module+"/internal/testenv") {
			t.Errorf("cmd/erpbridge comes to depend on %s", dep)
		}
	}
}

func goList(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	return out
}

// wrongs returns what a package imports against the floor plan, in words.
func wrongs(pkg listed) []string {
	name := below(pkg.ImportPath)
	i := slices.IndexFunc(rooms, func(r room) bool { return matches(r.name, name) })
	if i < 0 {
		return []string{name + ": a room without a line in the floor plan"}
	}
	var found []string
	for _, imp := range pkg.Imports {
		if !may(rooms[i], imp) || kept(name, imp) {
			found = append(found, name+" may not import "+below(imp))
		}
	}
	for _, imp := range slices.Concat(pkg.Imports, pkg.TestImports, pkg.XTestImports) {
		if slices.ContainsFunc(unwanted, func(u string) bool { return within(imp, u) }) {
			found = append(found, name+" may not import "+imp+", nor may its tests")
		}
	}
	return found
}

// may reports whether the line of a room allows an import.
func may(r room, imp string) bool {
	first, _, _ := strings.Cut(imp, "/")
	switch {
	case within(imp, module):
		return slices.ContainsFunc(r.ours, func(o string) bool { return o == anything || matches(o, below(imp)) })
	case strings.Contains(first, "."):
		return slices.ContainsFunc(r.them, func(m string) bool { return m == anything || within(imp, m) })
	default:
		return true // the standard library
	}
}

// kept reports whether an import belongs to a module that keeps to other rooms.
func kept(name, imp string) bool {
	for m, names := range keepers {
		if within(imp, m) && !slices.ContainsFunc(names, func(n string) bool { return matches(n, name) }) {
			return true
		}
	}
	return false
}

// below returns a package's path below the module, and others' paths as they are.
func below(imp string) string {
	if imp == module {
		return "."
	}
	return strings.TrimPrefix(imp, module+"/")
}

// within reports whether a package is, or lies below, another path.
func within(imp, of string) bool { return imp == of || strings.HasPrefix(imp, of+"/") }

// matches is path.Match for patterns that are known to be well formed.
func matches(pattern, name string) bool {
	ok, _ := path.Match(pattern, name)
	return ok
}

// The floor plan is only as good as what it refuses.
func TestWrongs(t *testing.T) {
	ours := func(names ...string) (paths []string) {
		for _, n := range names {
			paths = append(paths, path.Join(module, n))
		}
		return paths
	}
	tests := []struct {
		name string
		pkg  listed
		want []string
	}{
		{
			"all in order",
			listed{ImportPath: module + "/outbox", Imports: append(ours("."), "time", pgx+"/pgxpool"), TestImports: []string{gocmp + "/cmp"}},
			nil,
		},
		{
			"a room nobody planned",
			listed{ImportPath: module + "/util"},
			[]string{"util: a room without a line in the floor plan"},
		},
		{
			"a room inside a room",
			listed{ImportPath: module + "/outbox/util"},
			[]string{"outbox/util: a room without a line in the floor plan"},
		},
		{
			"one room in another",
			listed{ImportPath: module + "/pipeline", Imports: ours(".", "outbox")},
			[]string{"pipeline may not import outbox"},
		},
		{
			"the words know nobody",
			listed{ImportPath: module, Imports: append(ours("config"), udecimal, zap)},
			[]string{". may not import config", ". may not import " + zap},
		},
		{
			"a storefront in an ERP",
			listed{ImportPath: module + "/adapters/erp/netsuite", Imports: ours(".", "wsdl/soap", "adapters/storefront/shopify")},
			[]string{"adapters/erp/netsuite may not import adapters/storefront/shopify"},
		},
		{
			"a simulator that shares code with what it tests",
			listed{ImportPath: module + "/cmd/erpsim/suitetalk", Imports: ours("cmd/erpsim/book", "wsdl/soap")},
			[]string{"cmd/erpsim/suitetalk may not import wsdl/soap"},
		},
		{
			"a path that only begins like an allowed one",
			listed{ImportPath: module + "/config", Imports: []string{yaml + "x"}},
			[]string{"config may not import " + yaml + "x"},
		},
		{
			"a keeper holds even where anything goes",
			listed{ImportPath: module + "/bench", Imports: append(ours("outbox"), amqp, "example.org/peer", pgx)},
			[]string{"bench may not import " + pgx},
		},
		{
			"testify, in a test only",
			listed{ImportPath: module + "/alert", XTestImports: []string{"github.com/stretchr/testify/require"}},
			[]string{"alert may not import github.com/stretchr/testify/require, nor may its tests"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, wrongs(tt.pkg)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
