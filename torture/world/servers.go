package world

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	amqp "github.com/rabbitmq/amqp091-go"
)

// Servers are the PostgreSQL and the RabbitMQ that all worlds share. scripts/stack.sh
// started them, and is asked to kill them and to start them again.
type Servers struct {
	Script   string // path of stack.sh
	Stack    string // its folder, empty if the servers are not ours to break
	Database string // URL
	Broker   string // URL

	broken   sync.Mutex
	mend     map[string]func(context.Context) error // what was broken and how it is mended
	template sync.Mutex
	made     map[string]bool // templates of databases

	moving sync.Mutex
	off    time.Duration // how far PostgreSQL's clock is off
	moves  []ClockMove
}

// ErrNotOurs is returned where a server is to be broken that others use too.
var ErrNotOurs = errors.New("the servers are not ours to break: run this under scripts/stack.sh run")

// FromEnvironment finds the servers that stack.sh tells of.
func FromEnvironment(script string) (*Servers, error) {
	s := &Servers{Script: script, Stack: os.Getenv("ERPBRIDGE_STACK"), Database: os.Getenv("DATABASE_URL"), Broker: os.Getenv("AMQP_URL"), made: map[string]bool{}, mend: map[string]func(context.Context) error{}}
	if s.Database == "" || s.Broker == "" {
		return nil, errors.New("DATABASE_URL or AMQP_URL is not set: run `make torture-ci`, which starts private servers")
	}
	return s, nil
}

// stack runs a command of stack.sh.
func (s *Servers) stack(ctx context.Context, command string, args ...string) error {
	if s.Stack == "" {
		return ErrNotOurs
	}
	cmd := exec.CommandContext(ctx, s.Script, append([]string{command, s.Stack}, args...)...) // #nosec G204 -- our own script
	var out bytes.Buffer
	// Files of its own are what its children get, so that they keep no pipe open.
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return fmt.Errorf("stack.sh %s: %w: %s", command, err, bytes.TrimSpace(out.Bytes()))
	}
	return nil
}

// breaks does what breaks a server, and remembers how it is mended.
func (s *Servers) breaks(what string, mend func(context.Context) error, do func() error) error {
	s.broken.Lock()
	s.mend[what] = mend
	s.broken.Unlock()
	return do()
}

// mends does what mends a server. What is not known to be broken is mended too.
func (s *Servers) mends(what string, do func() error) error {
	err := do()
	if err == nil {
		s.broken.Lock()
		delete(s.mend, what)
		s.broken.Unlock()
	}
	return err
}

// What of the servers can be broken.
const (
	rabbit   = "rabbit"
	postgres = "postgres"
	memory   = "memory"
	clock    = "clock"
)

// KillBroker is kill -9 of RabbitMQ with its data kept.
func (s *Servers) KillBroker(ctx context.Context) error {
	return s.breaks(rabbit, s.StartBroker, func() error { return s.stack(ctx, "kill-rabbit") })
}

// StartBroker starts RabbitMQ again and waits until it answers.
func (s *Servers) StartBroker(ctx context.Context) error {
	return s.mends(rabbit, func() error { return s.stack(ctx, "start-rabbit") })
}

// KillPostgres is kill -9 of PostgreSQL and all its children with its data kept.
func (s *Servers) KillPostgres(ctx context.Context) error {
	return s.breaks(postgres, s.StartPostgres, func() error { return s.stack(ctx, "kill-postgres") })
}

// StartPostgres starts PostgreSQL again and waits until it answers.
func (s *Servers) StartPostgres(ctx context.Context) error {
	return s.mends(postgres, func() error { return s.stack(ctx, "start-postgres") })
}

// RaiseAlarm makes RabbitMQ believe that its memory is used up: it reads nothing any
// more from connections that publish.
func (s *Servers) RaiseAlarm(ctx context.Context) error {
	return s.breaks(memory, s.ClearAlarm, func() error {
		return s.stack(ctx, "rabbitmqctl", "set_vm_memory_high_watermark", "absolute", "1000000")
	})
}

// ClearAlarm ends that.
func (s *Servers) ClearAlarm(ctx context.Context) error {
	return s.mends(memory, func() error { return s.stack(ctx, "rabbitmqctl", "set_vm_memory_high_watermark", "0.4") })
}

// CloseConnections makes RabbitMQ close all its connections.
func (s *Servers) CloseConnections(ctx context.Context) error {
	return s.stack(ctx, "rabbitmqctl", "close_all_connections", "torture")
}

// heal mends what is broken: the servers before what is asked of them.
func (s *Servers) heal(ctx context.Context) error {
	var errs []error
	for _, what := range []string{clock, postgres, rabbit, memory} {
		s.broken.Lock()
		mend := s.mend[what]
		s.broken.Unlock()
		if mend != nil {
			errs = append(errs, mend(ctx))
		}
	}
	return errors.Join(errs...)
}

// inBroker runs do on a channel of a connection of its own.
func (s *Servers) inBroker(do func(*amqp.Channel) error) error {
	conn, err := amqp.DialConfig(s.Broker, amqp.Config{Dial: amqp.DefaultDial(5 * time.Second)})
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	return do(ch)
}

// database is the URL of another database of the server.
func (s *Servers) database(name string) (string, error) {
	u, err := url.Parse(s.Database)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

func (s *Servers) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.Database)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, sql)
	return err
}

// create makes a database, on a disk of its own if one is given: of a template, which
// migrate fills once.
func (s *Servers) create(ctx context.Context, name, template string, on *Disk, migrate func(url string) error) error {
	s.template.Lock()
	defer s.template.Unlock()
	template = fmt.Sprintf("%s-%d", template, os.Getpid()) // others may use the server too
	if !s.made[template] {
		if err := s.exec(ctx, "drop database if exists "+pgx.Identifier{template}.Sanitize()+" with (force)"); err != nil {
			return err
		}
		if err := s.exec(ctx, "create database "+pgx.Identifier{template}.Sanitize()); err != nil {
			return err
		}
		u, err := s.database(template)
		if err != nil {
			return err
		}
		if err := migrate(u); err != nil {
			return err
		}
		s.made[template] = true
	}
	sql := "create database " + pgx.Identifier{name}.Sanitize() + " template " + pgx.Identifier{template}.Sanitize()
	if on != nil {
		sql += " tablespace " + pgx.Identifier{on.name}.Sanitize()
	}
	return s.exec(ctx, sql)
}

// Close removes the templates.
func (s *Servers) Close(ctx context.Context) error {
	s.template.Lock()
	defer s.template.Unlock()
	var errs []error
	for name := range s.made {
		errs = append(errs, s.exec(ctx, "drop database if exists "+pgx.Identifier{name}.Sanitize()+" with (force)"))
	}
	clear(s.made)
	return errors.Join(errs...)
}
