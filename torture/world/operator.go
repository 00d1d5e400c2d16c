package world

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// A DeadLetter is what the operator is shown of one.
type DeadLetter struct {
	ID       int64  `json:"id"`
	State    string `json:"state"`
	Order    string `json:"order"`
	Stream   string `json:"stream"`
	Event    int64  `json:"event"`
	Kind     string `json:"kind"`
	Key      string `json:"key"`
	Cause    string `json:"cause"`
	Attempts int    `json:"attempts"`
	Note     string `json:"note"`
}

// run runs one of the operator's commands, with env beside its environment.
func (w *World) run(ctx context.Context, config string, env []string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(ctx, w.daemonProgram(), append(args, "--config", config)...) // #nosec G204 -- our own program
	cmd.Stdout, cmd.Stderr = &out, &errOut
	cmd.Env = append(cmd.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Run(); err != nil {
		return out.Bytes(), fmt.Errorf("erpbridge %v: %w: %s", args, err, bytes.TrimSpace(errOut.Bytes()))
	}
	return out.Bytes(), nil
}

// SetCommandEnv gives the commands by which the operator changes something an
// environment of their own, to arm faults in them.
func (w *World) SetCommandEnv(env ...string) { w.commandEnv = env }

// Operate runs a command that changes something and returns what it printed.
func (w *World) Operate(ctx context.Context, args ...string) ([]byte, error) {
	return w.run(ctx, w.operator, w.commandEnv, args...)
}

// Status is what erpbridge status says, as JSON.
func (w *World) Status(ctx context.Context) (json.RawMessage, error) {
	return w.run(ctx, w.operator, nil, "status", "--output", "json")
}

// DeadLetters are the open dead letters, or all there ever were, as JSON.
func (w *World) DeadLetters(ctx context.Context, all bool) (json.RawMessage, error) {
	args := []string{"dead", "list", "--output", "json", "--limit", "100000"}
	if all {
		args = append(args, "--all")
	}
	return w.run(ctx, w.operator, nil, args...)
}

// OpenDeadLetters are those of the operator's list that wait for him.
func (w *World) OpenDeadLetters(ctx context.Context) ([]DeadLetter, error) {
	raw, err := w.DeadLetters(ctx, false)
	if err != nil {
		return nil, err
	}
	var ds []DeadLetter
	return ds, json.Unmarshal(raw, &ds)
}

// Replay and Discard are the operator's answers to a dead letter.
func (w *World) Replay(ctx context.Context, id int64) error {
	_, err := w.Operate(ctx, "dead", "replay", strconv.FormatInt(id, 10))
	return err
}

// Discard gives a dead letter up.
func (w *World) Discard(ctx context.Context, id int64, reason string) error {
	_, err := w.Operate(ctx, "dead", "discard", strconv.FormatInt(id, 10), "--reason", reason)
	return err
}

// A Backlog is what is not at rest yet.
type Backlog struct {
	Pending  int // events
	Sending  int // documents that are pending, being sent or in doubt
	Leased   int // streams
	Unsent   int // alerts
	Dead     int // open dead letters
	Accepted int // events that ever came in
}

// Rest reports whether nothing will move any more by itself.
func (o Backlog) Rest() bool {
	return o.Pending == 0 && o.Sending == 0 && o.Leased == 0 && o.Unsent == 0
}

func (o Backlog) String() string {
	return fmt.Sprintf("%d events pending, %d documents under way, %d streams leased, %d alerts unsent, %d dead letters, of %d events",
		o.Pending, o.Sending, o.Leased, o.Unsent, o.Dead, o.Accepted)
}

// Look reads what is not at rest from the database itself, since it is asked often.
func (w *World) Look(ctx context.Context) (Backlog, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, w.database)
	if err != nil {
		return Backlog{}, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var o Backlog
	err = conn.QueryRow(ctx, `
		select (select count(*) from inbox where state = 'pending'),
		       (select count(*) from outbox where state in ('pending', 'sending', 'in_doubt')),
		       (select count(*) from stream where state = 'leased'),
		       (select count(*) from alert where sent_at is null),
		       (select count(*) from dead_letter where state = 'open'),
		       (select count(*) from inbox)`).Scan(&o.Pending, &o.Sending, &o.Leased, &o.Unsent, &o.Dead, &o.Accepted)
	return o, err
}

// AwaitRest waits until nothing moves any more: the database at rest and the broker's
// queues empty. It calls each at every look, unless that is nil.
func (w *World) AwaitRest(ctx context.Context, each func(Backlog)) error {
	return poll(ctx, 100*time.Millisecond, func() error {
		o, err := w.Look(ctx)
		if err != nil {
			return err
		}
		if each != nil {
			each(o)
		}
		if !o.Rest() {
			return fmt.Errorf("not at rest: %v", o)
		}
		events, dead, err := w.Depth()
		if err != nil {
			return err
		}
		if events+dead > 0 {
			return fmt.Errorf("%d messages are with the broker, %d of them dead", events+dead, dead)
		}
		return nil
	})
}

// Waits are how long the documents that failed wait for their next try, from the
// beginning of the last one, by document and attempt.
func (w *World) Waits(ctx context.Context) (map[string]time.Duration, error) {
	conn, err := pgx.Connect(ctx, w.database)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, `
		select o.id || '/' || a.number, extract(epoch from o.next_at - a.started_at)::float8
		from outbox o join attempt a on a.document_id = o.id and a.number = o.attempt
		where o.state = 'pending' and a.ended_at is not null and o.next_at > a.started_at`)
	if err != nil {
		return nil, err
	}
	waits := map[string]time.Duration{}
	var key string
	var seconds float64
	_, err = pgx.ForEachRow(rows, []any{&key, &seconds}, func() error {
		waits[key] = time.Duration(seconds * float64(time.Second))
		return nil
	})
	return waits, err
}
