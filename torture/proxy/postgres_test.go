package proxy

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge/internal/testenv"
)

// connect opens a connection that ends with the test, if not before.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
		defer stop()
		_ = conn.Close(ctx) // cut already, most of them
	})
	return conn
}

// database makes a database with one table, and a Proxy in front of its server.
func database(t *testing.T) (p *Proxy, url string, direct *pgx.Conn) {
	t.Helper()
	own := testenv.Database(t)
	p, url = through(t, own, Postgres)
	direct = connect(t, own)
	if _, err := direct.Exec(t.Context(), "CREATE TABLE orders (id int PRIMARY KEY, state text)"); err != nil {
		t.Fatal(err)
	}
	return p, url, direct
}

func rows(t *testing.T, conn *pgx.Conn) (n int) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM orders").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

const insert = "INSERT INTO orders VALUES ($1, 'new')"

// commits are the ways to commit.
var commits = map[string]func(ctx context.Context, conn *pgx.Conn, id int) error{
	"transaction": func(ctx context.Context, conn *pgx.Conn, id int) error {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return nil
		}
		if _, err := tx.Exec(ctx, insert, id); err != nil {
			return nil
		}
		return tx.Commit(ctx)
	},
	"extended protocol": func(ctx context.Context, conn *pgx.Conn, id int) error {
		if _, err := conn.Exec(ctx, "BEGIN"); err != nil {
			return nil
		}
		if _, err := conn.Exec(ctx, insert, id); err != nil {
			return nil
		}
		return conn.PgConn().ExecParams(ctx, "commit", nil, nil, nil, nil).Read().Err
	},
	"pipeline": func(ctx context.Context, conn *pgx.Conn, id int) error {
		var b pgx.Batch
		b.Queue("BEGIN")
		b.Queue(insert, id)
		b.Queue("COMMIT")
		return conn.SendBatch(ctx, &b).Close()
	},
	"one query of many": func(ctx context.Context, conn *pgx.Conn, id int) error {
		_, err := conn.Exec(ctx, strings.ReplaceAll("BEGIN; "+insert+"; COMMIT", "$1", strconv.Itoa(id)))
		return err
	},
}

// A hundred times over, the transaction is committed and who committed it got an
// error.
func TestEveryCommitCut(t *testing.T) {
	p, url, direct := database(t)
	arm(t, p, Commit, 100, 1)
	done := 0
	for name, commit := range commits {
		for range 25 {
			if err := commit(t.Context(), connect(t, url), done); err == nil {
				t.Fatalf("%s: COMMIT %d was answered, or never came", name, done)
			}
			done++
		}
	}
	if n := p.Counts(); n.Seen != 100 || n.Cut != 100 || n.Unread != 0 {
		t.Fatalf("%+v", n)
	}
	if n := rows(t, direct); n != 100 {
		t.Fatalf("%d of 100 were committed", n)
	}
	for name, commit := range commits {
		if err := commit(t.Context(), connect(t, url), done); err != nil {
			t.Fatalf("%s after the last cut: %v", name, err)
		}
		done++
	}
	if n := rows(t, direct); n != 104 {
		t.Fatalf("%d of 104 were committed", n)
	}
}

func TestEveryWriteCut(t *testing.T) {
	p, url, direct := database(t)
	modes := map[string]pgx.QueryExecMode{
		"statement": pgx.QueryExecModeCacheStatement, "exec": pgx.QueryExecModeExec, "simple": pgx.QueryExecModeSimpleProtocol,
	}
	done := 0
	for name, mode := range modes {
		for range 10 {
			conn := connect(t, url)
			arm(t, p, Write, 1, 1)
			if _, err := conn.Exec(t.Context(), insert, mode, done); err == nil {
				t.Fatalf("%s: INSERT %d was answered", name, done)
			}
			done++
		}
	}
	if n := rows(t, direct); n != done {
		t.Fatalf("%d of %d were written", n, done)
	}
	conn := connect(t, url)
	arm(t, p, Write, 1, 1)
	if _, err := conn.Exec(t.Context(), "UPDATE orders SET state = 'sent' WHERE id = $1", 0); err == nil {
		t.Fatal("the UPDATE was answered")
	}
	var state string
	if err := direct.QueryRow(t.Context(), "SELECT state FROM orders WHERE id = 0").Scan(&state); err != nil || state != "sent" {
		t.Fatalf("%q %v", state, err)
	}
	if n := p.CountsAt(Write); n.Seen != done+1 || n.Cut != done+1 {
		t.Fatalf("%+v", n)
	}
}

// What is not committed yet, or never will be, is not what is to be cut.
func TestWhatIsNoCommit(t *testing.T) {
	p, url, direct := database(t)
	arm(t, p, Commit, -1, 1)
	arm(t, p, Write, -1, 1)
	conn := connect(t, url)
	ctx := t.Context()
	for _, sql := range []string{
		"BEGIN", "INSERT INTO orders VALUES (1)", "ROLLBACK", "SELECT 'COMMIT'", "BEGIN", "SELECT 1", "SAVEPOINT a",
		"INSERT INTO orders VALUES (2)", "ROLLBACK TO a", "ROLLBACK", "SET application_name = 'INSERT'",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	// A transaction that failed is rolled back, whatever its client calls it.
	tx, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, "SELECT 1/0"); err == nil {
		t.Fatal("a division by zero succeeded")
	}
	if _, err := conn.Exec(ctx, "COMMIT"); err != nil {
		t.Fatal(err)
	}
	// And a query of many that fails has written nothing.
	if _, err := conn.Exec(ctx, "INSERT INTO orders VALUES (3); SELECT 1/0"); err == nil {
		t.Fatal("a division by zero succeeded")
	}
	if n := p.CountsAt(Commit); n.Seen != 0 {
		t.Fatalf("%+v", n)
	}
	if n := p.CountsAt(Write); n.Seen != 0 {
		t.Fatalf("%+v", n)
	}
	if n := rows(t, direct); n != 0 {
		t.Fatalf("%d rows", n)
	}
}

func TestEncryptionIsDeclined(t *testing.T) {
	p, url, _ := database(t)
	preferred := strings.Replace(url, "sslmode=disable", "sslmode=prefer", 1)
	if preferred == url {
		t.Skip("the server's URL says nothing of encryption")
	}
	if n := rows(t, connect(t, preferred)); n != 0 {
		t.Fatalf("%d rows", n)
	}
	if n := p.Counts(); n.Unread != 0 {
		t.Fatalf("%+v", n)
	}
}
