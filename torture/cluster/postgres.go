package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Database is a PostgreSQL with a synchronous standby.
type Database struct {
	account        *account
	bin            string
	user, password string
	front          *door // leads to the primary

	// acting is held by whoever kills, promotes or rebuilds.
	acting  sync.Mutex
	members [2]*member

	mu      sync.Mutex
	primary int // index of members
}

// A member is one of the two servers.
type member struct {
	name   string
	port   int
	data   string
	log    string
	server *server
}

// startDatabase makes a primary with a standby in step.
func startDatabase(ctx context.Context, a *account) (d *Database, err error) {
	// The product's schema has this name, so whoever looks by this user sees it.
	d = &Database{account: a, user: "erpbridge", password: rand.Text()}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("starting the database and its standby: %w", err), d.stop())
			d = nil
		}
	}()
	if d.bin, err = newest("/usr/lib/postgresql/*/bin"); err != nil {
		return d, err
	}
	for i, name := range []string{"a", "b"} {
		m := &member{name: name, data: filepath.Join(a.dir, "postgres-"+name), log: filepath.Join(a.dir, "postgres-"+name+".log")}
		d.members[i] = m
		if m.port, err = freePort("127.0.0.1"); err != nil {
			return d, err
		}
	}
	if d.front, err = openDoor(func() (net.Conn, error) { return dialTCP(d.now().addr()) }); err != nil {
		return d, err
	}
	if err := d.initialize(ctx, d.members[0]); err != nil {
		return d, err
	}
	if err := d.start(ctx, d.members[0], "ready to accept connections"); err != nil {
		return d, err
	}
	if err := d.do(ctx, d.members[0], "postgres", "create database "+d.user); err != nil {
		return d, err
	}
	return d, d.Rebuild(ctx)
}

// newest is the last of the paths of a pattern, by version.
func newest(pattern string) (string, error) {
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		return "", errors.Join(fmt.Errorf("there is no %s", pattern), err)
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(path))) // not a number: the oldest
		return n
	}
	return slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }), nil
}

// initialize makes the files of the first primary.
func (d *Database) initialize(ctx context.Context, m *member) error {
	secret := filepath.Join(d.account.dir, "postgres-password")
	if err := d.account.write(secret, d.password+"\n", 0o600); err != nil {
		return err
	}
	defer func() { _ = os.Remove(secret) }()
	err := d.account.run(ctx, nil, d.bin+"/initdb", "--pgdata="+m.data, "--username="+d.user, "--pwfile="+secret,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(m.data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	// What a 2xx promises rests on the first three. The standby gets a copy.
	_, err = f.WriteString(`
fsync = on
synchronous_commit = on
full_page_writes = on
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
wal_keep_size = 256MB
wal_receiver_status_interval = 1s
wal_retrieve_retry_interval = 200ms
timezone = 'UTC'
log_timezone = 'UTC'
`)
	return errors.Join(err, f.Close())
}

// start starts a member and waits until its log says so.
func (d *Database) start(ctx context.Context, m *member, ready string) error {
	began := size(m.log)
	cmd := d.account.command("", nil, d.bin+"/postgres", "-D", m.data, "-c", fmt.Sprintf("port=%d", m.port), "-c", "cluster_name="+m.name)
	var err error
	if m.server, err = launch("postgres "+m.name, m.log, cmd); err != nil {
		return err
	}
	return m.server.await(ctx, time.Minute, func() error { return says(m.log, began, ready) })
}

func (m *member) addr() string { return fmt.Sprintf("127.0.0.1:%d", m.port) }

// now is the primary, other the one that is not.
func (d *Database) now() *member {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.members[d.primary]
}

func (d *Database) other() *member {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.members[1-d.primary]
}

// URL names both members and asks for the one that can be written to.
func (d *Database) URL() string {
	return d.url(d.members[0].addr()+","+d.members[1].addr(), d.user) + "&target_session_attrs=read-write"
}

// FrontURL leads to the primary, whichever that is, as a load balancer's does.
func (d *Database) FrontURL() string { return d.url(d.front.addr(), d.user) }

func (d *Database) url(hosts, name string) string {
	return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", d.user, d.password, hosts, name)
}

// Primary is the name of the primary: a or b.
func (d *Database) Primary() string { return d.now().name }

// KillPrimary is kill -9 of the primary and all its processes.
func (d *Database) KillPrimary() error {
	d.acting.Lock()
	defer d.acting.Unlock()
	if !d.now().server.alive() {
		return errors.New("the primary does not run: it cannot be killed")
	}
	return d.now().server.kill()
}

// Promote makes the standby the primary. The old one must be dead: there are never
// two. The new one has no standby until Rebuild has made one.
func (d *Database) Promote(ctx context.Context) error {
	d.acting.Lock()
	defer d.acting.Unlock()
	old, m := d.now(), d.other()
	if old.server.alive() {
		return errors.New("the old primary still runs: two would take writes")
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := d.do(ctx, m, "postgres", "select pg_promote(true, 60)"); err != nil {
		return fmt.Errorf("promoting the standby: %w", err)
	}
	d.mu.Lock()
	d.primary = 1 - d.primary
	d.mu.Unlock()
	return nil
}

// Rebuild makes the member that is not the primary its standby, from a fresh copy,
// and waits until the two are in step: from then on the primary acknowledges nothing
// that the standby has not.
func (d *Database) Rebuild(ctx context.Context) error {
	d.acting.Lock()
	defer d.acting.Unlock()
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	primary, m := d.now(), d.other()
	if m.server.alive() {
		return errors.New("the standby runs: there is nothing to rebuild")
	}
	if err := os.RemoveAll(m.data); err != nil {
		return err
	}
	// The copy takes the settings with it: it must not wait for a standby once it is
	// promoted.
	if err := d.follow(ctx, primary, ""); err != nil {
		return err
	}
	from := fmt.Sprintf("host=127.0.0.1 port=%d user=%s password=%s application_name=%s", primary.port, d.user, d.password, m.name)
	err := d.account.run(ctx, nil, d.bin+"/pg_basebackup", "--pgdata="+m.data, "--dbname="+from,
		"--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync")
	if err != nil {
		return err
	}
	if err := d.start(ctx, m, "ready to accept read-only connections"); err != nil {
		return err
	}
	if err := d.follow(ctx, primary, m.name); err != nil {
		return err
	}
	return d.inStep(ctx, primary, m)
}

// follow has the primary wait for a standby at every commit; for none without a name.
func (d *Database) follow(ctx context.Context, primary *member, standby string) error {
	if err := d.do(ctx, primary, "postgres", "alter system set synchronous_standby_names = '"+standby+"'"); err != nil {
		return err
	}
	return d.do(ctx, primary, "postgres", "select pg_reload_conf()")
}

// inStep waits until the standby has all that was committed and the primary waits for
// it.
func (d *Database) inStep(ctx context.Context, primary, standby *member) error {
	err := poll(ctx, 50*time.Millisecond, func() error {
		var state string
		err := d.on(ctx, primary, "postgres", func(c *pgx.Conn) error {
			return c.QueryRow(ctx, `select coalesce(max(state || ' ' || sync_state), 'not there') from pg_stat_replication where application_name = $1`, standby.name).Scan(&state)
		})
		if err == nil && state != "streaming sync" {
			err = fmt.Errorf("the standby is %s", state)
		}
		return err
	})
	if err != nil {
		return err
	}
	// A commit that wrote something and comes back has been to the standby, and with it
	// all before.
	return d.do(ctx, primary, "postgres", "select pg_logical_emit_message(true, 'torture', 'in step')")
}

func (d *Database) do(ctx context.Context, m *member, database, sql string) error {
	return d.on(ctx, m, database, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, sql)
		return err
	})
}

// on does something on a connection to one of the two.
func (d *Database) on(ctx context.Context, m *member, database string, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, d.url(m.addr(), database))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := do(conn); err != nil {
		return fmt.Errorf("postgres %s: %w", m.name, err)
	}
	return nil
}

// stop ends both.
func (d *Database) stop() error {
	errs := []error{d.front.close()}
	for _, m := range d.members {
		if m != nil && m.server.alive() {
			errs = append(errs, m.server.halt(syscall.SIGQUIT, 10*time.Second))
		}
	}
	return errors.Join(errs...)
}

// DatabaseURL is an address with another database in it.
func DatabaseURL(address, name string) string {
	head, query, _ := strings.Cut(address, "?")
	return head[:strings.LastIndex(head, "/")+1] + name + "?" + query
}
