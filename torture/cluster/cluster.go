package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// A Cluster is a broker and a database that outlive the loss of a server.
type Cluster struct {
	Broker   *Broker
	Database *Database
	account  *account
	logs     string
}

// Start makes a cluster, whose files are in dir, and waits until it is whole.
func Start(ctx context.Context, dir string) (*Cluster, error) {
	a, err := newAccount(dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{account: a, logs: dir}
	var starting sync.WaitGroup
	var errs [2]error
	starting.Go(func() { c.Broker, errs[0] = startBroker(ctx, a) })
	starting.Go(func() { c.Database, errs[1] = startDatabase(ctx, a) })
	starting.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// Stop ends the servers and removes their files, but for the logs.
func (c *Cluster) Stop() error {
	var errs []error
	if c.Broker != nil {
		errs = append(errs, c.Broker.stop())
	}
	if c.Database != nil {
		errs = append(errs, c.Database.stop())
	}
	return errors.Join(append(errs, c.clear())...)
}

// clear keeps the logs in the folder that was asked for.
func (c *Cluster) clear() error {
	kept := filepath.Join(c.logs, "logs")
	errs := []error{os.MkdirAll(kept, 0o750)}
	for _, pattern := range []string{"n*/log/*", "postgres-*.log"} {
		files, err := filepath.Glob(filepath.Join(c.account.dir, pattern))
		errs = append(errs, err)
		for _, f := range files {
			if info, err := os.Stat(f); err != nil || info.IsDir() {
				continue
			}
			raw, err := os.ReadFile(f) // #nosec G304 -- our own file
			if err != nil {
				errs = append(errs, err)
				continue
			}
			name, _ := filepath.Rel(c.account.dir, f) // below it: no error
			errs = append(errs, os.WriteFile(filepath.Join(kept, strings.ReplaceAll(name, string(filepath.Separator), "-")), raw, 0o600))
		}
	}
	if c.account.moved {
		return errors.Join(append(errs, os.RemoveAll(c.account.dir))...)
	}
	for _, name := range []string{"n1", "n2", "n3", "postgres-a", "postgres-b", "postgres-a.log", "postgres-b.log", ".erlang.cookie"} {
		errs = append(errs, os.RemoveAll(filepath.Join(c.account.dir, name)))
	}
	return errors.Join(errs...)
}
