package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters"
	"github.com/hakooi/erpbridge/broker"
	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/outbox"
	"github.com/hakooi/erpbridge/pipeline"
)

// neighbours are the configured storefronts and ERPs, by name.
type neighbours struct {
	stores  map[string]erpbridge.Storefront
	targets map[string]erpbridge.ERP
}

// references gives each target its cross-reference tables.
type references func(target string) erpbridge.CrossReference

// noReferences is for commands that look into no database: every table is empty.
func noReferences(string) erpbridge.CrossReference { return erpbridge.CrossReferences(nil) }

// meet makes every configured neighbour, and returns all that is wrong with their
// settings at once.
func meet(conf *config.Config, xref references) (neighbours, error) {
	n := neighbours{stores: map[string]erpbridge.Storefront{}, targets: map[string]erpbridge.ERP{}}
	var errs []error
	for _, c := range conf.Stores {
		open, ok := adapters.Storefronts[c.Kind]
		if !ok {
			errs = append(errs, c.Errorf("kind: there is no storefront %q; known: %s", c.Kind, known(adapters.Storefronts)))
			continue
		}
		s, err := open(c.Name, c.Decode)
		if err != nil {
			errs = append(errs, c.Wrap(err))
			continue
		}
		errs = append(errs, refusePoll(c, s))
		n.stores[c.Name] = s
	}
	for _, c := range conf.Targets {
		open, ok := adapters.ERPs[c.Kind]
		if !ok {
			errs = append(errs, c.Errorf("kind: there is no ERP %q; known: %s", c.Kind, known(adapters.ERPs)))
			continue
		}
		e, err := open(c.Name, c.Decode, xref(c.Name))
		if err != nil {
			errs = append(errs, c.Wrap(err))
			continue
		}
		if d, ok := e.(distinguisher); ok {
			errs = append(errs, c.Wrap(d.Distinct(routed(conf, c.Name))))
		}
		n.targets[c.Name] = e
	}
	return n, config.Join(errs...)
}

// A distinguisher is an ERP that knows what it has to be told to keep the orders of
// several stores apart. The error begins with the setting that is missing or wrong.
type distinguisher interface {
	Distinct(stores []string) error
}

// routed returns the stores of which anything may go to a target.
func routed(conf *config.Config, target string) (stores []string) {
	for _, s := range conf.Stores {
		if len(conf.Routes) == 0 || slices.ContainsFunc(conf.Routes, func(r config.Route) bool {
			return (r.Store == "" || r.Store == s.Name) && slices.Contains(r.Targets, target)
		}) {
			stores = append(stores, s.Name)
		}
	}
	return stores
}

func known[T any](m map[string]T) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}

// loadAll reads the configuration and meets the neighbours, and refuses with
// everything that is wrong in either.
func (o *options) loadAll() (*config.Config, neighbours, error) { return o.loadWith(noReferences) }

// loadWith is loadAll with cross-reference tables.
func (o *options) loadWith(xref references) (*config.Config, neighbours, error) {
	conf, err := o.load()
	if conf == nil {
		return nil, neighbours{}, err
	}
	n, nerr := meet(conf, xref)
	if err != nil || nerr != nil {
		return nil, neighbours{}, &codedError{exitUsage, config.Join(err, nerr)}
	}
	return conf, n, nil
}

// lay lays the pipeline.
func lay(conf *config.Config, n neighbours) (*pipeline.Pipeline, error) {
	tolerance, err := erpbridge.ParseDecimal(conf.Tolerance)
	if err != nil {
		return nil, &codedError{exitUsage, fmt.Errorf("tolerance: %w", err)}
	}
	var route pipeline.Route
	for _, r := range conf.Routes {
		route = append(route, pipeline.Rule{Store: r.Store, Type: erpbridge.EventType(r.Type), Country: r.Country, Targets: r.Targets, Ignore: r.Ignore})
	}
	p := &pipeline.Pipeline{
		Stores: map[string]pipeline.Normalizer{}, Fetchers: map[string]erpbridge.Fetcher{}, Targets: map[string]pipeline.Translator{},
		Stages:  []pipeline.Stage{pipeline.Privacy{}, pipeline.Validate{Tolerance: tolerance}, pipeline.Enrich{}, route},
		Mapping: conf.Mapping(),
	}
	for name, s := range n.stores {
		p.Stores[name] = s
		if f, ok := s.(erpbridge.Fetcher); ok {
			p.Fetchers[name] = f
		}
	}
	for name, e := range n.targets {
		p.Targets[name] = e
	}
	return p, nil
}

// openStore opens the outbox and refuses a database whose schema is not this
// program's.
func openStore(ctx context.Context, conf *config.Config) (*outbox.Store, error) {
	v, err := outbox.ReadSchemaVersion(ctx, conf.Database.URL.Reveal())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", databaseTrouble(err), err)
	}
	switch {
	case v.Database < v.Program:
		return nil, fmt.Errorf("the database's schema is at version %d, this program needs %d: run erpbridge migrate", v.Database, v.Program)
	case v.Database > v.Program:
		return nil, fmt.Errorf("the database's schema is at version %d, this program knows %d: run the newer erpbridge", v.Database, v.Program)
	}
	return outbox.Open(ctx, outbox.Config{URL: conf.Database.URL.Reveal()})
}

// databaseTrouble says what to look at first when the schema cannot be read: a server
// that answers with a code of SQL was reached.
func databaseTrouble(err error) string {
	var answer interface{ SQLState() string }
	if !errors.As(err, &answer) {
		return "postgres cannot be reached: check database.url and that the server runs"
	}
	switch code := answer.SQLState(); {
	case strings.HasPrefix(code, "28"): // invalid authorization
		return "postgres refuses the login: check user and password of database.url"
	case code == "42501": // insufficient privilege
		return "postgres refuses the schema erpbridge to the role of database.url: grant it what it needs"
	case code == "3D000": // invalid catalog name
		return "postgres has no such database: check the name in database.url"
	}
	return "postgres answers with an error: check database.url"
}

func brokerConfig(conf *config.Config) broker.Config {
	c := broker.Config{Prefix: conf.Broker.Prefix, Management: conf.Broker.Management.Reveal()}
	for _, u := range conf.Broker.URLs {
		c.URLs = append(c.URLs, u.Reveal())
	}
	return c
}

// digestOf names a body where its sender did not.
func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha256:" + hex.EncodeToString(sum[:])
}
