package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
)

// A recorder is a test whose end can be looked at.
type recorder struct {
	testing.TB
	failed, skipped bool
	said            string
	cleanups        []func()
}

func (r *recorder) Helper()                   {}
func (r *recorder) Context() context.Context  { return context.Background() }
func (r *recorder) Cleanup(f func())          { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(f string, a ...any) { r.failed, r.said = true, fmt.Sprintf(f, a...) }
func (r *recorder) Fatal(a ...any)            { r.stop(&r.failed, fmt.Sprint(a...)) }
func (r *recorder) Fatalf(f string, a ...any) { r.stop(&r.failed, fmt.Sprintf(f, a...)) }
func (r *recorder) Skipf(f string, a ...any)  { r.stop(&r.skipped, fmt.Sprintf(f, a...)) }

func (r *recorder) TempDir() string {
	dir, err := os.MkdirTemp("", "testenv-")
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			r.Errorf("%v", err)
		}
	})
	return dir
}

func (r *recorder) stop(flag *bool, said string) {
	*flag, r.said = true, said
	runtime.Goexit()
}

// record runs a test body, then what it registered to clean up.
func record(body func(testing.TB)) *recorder {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		body(r)
	}()
	<-done
	for _, f := range slices.Backward(r.cleanups) {
		f()
	}
	return r
}

func TestAMQPForgetsWhatTheTestDeclared(t *testing.T) {
	var url, prefix string
	r := record(func(t testing.TB) {
		url, prefix = AMQP(t, "extra")
		ch := channel(t, url)
		for _, suffix := range []string{"events", "dead", "extra"} {
			if _, err := ch.QueueDeclare(prefix+"."+suffix, true, false, false, false, amqp.Table{"x-queue-type": "quorum"}); err != nil {
				t.Fatal(err)
			}
		}
		for _, suffix := range []string{"ingest", "partner", "dlx"} {
			if err := ch.ExchangeDeclare(prefix+"."+suffix, "topic", true, false, false, false, nil); err != nil {
				t.Fatal(err)
			}
		}
		// A queue with something in it, bound and filled, goes all the same.
		if err := ch.QueueBind(prefix+".events", "#", prefix+".ingest", false, nil); err != nil {
			t.Fatal(err)
		}
		if err := ch.PublishWithContext(context.Background(), prefix+".ingest", "k", true, false, amqp.Publishing{Body: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	})
	if r.failed {
		t.Fatal(r.said)
	}
	for _, suffix := range []string{"events", "dead", "extra"} {
		_, err := channel(t, url).QueueDeclarePassive(prefix+"."+suffix, true, false, false, false, nil)
		wantGone(t, "queue "+suffix, err)
	}
	for _, suffix := range []string{"ingest", "partner", "dlx"} {
		err := channel(t, url).ExchangeDeclarePassive(prefix+"."+suffix, "topic", true, false, false, false, nil)
		wantGone(t, "exchange "+suffix, err)
	}
}

func wantGone(t *testing.T, what string, err error) {
	t.Helper()
	if broker := (*amqp.Error)(nil); !errors.As(err, &broker) || broker.Code != amqp.NotFound {
		t.Errorf("%s: got %v, want not found", what, err)
	}
}

// channel opens a channel on a connection of its own: looking for what is not there
// closes it.
func channel(t testing.TB, url string) *amqp.Channel {
	t.Helper()
	conn, err := amqp.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func TestWithoutServersATestFails(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	t.Setenv("AMQP_URL", "")
	tests := map[string]func(testing.TB){
		"DATABASE_URL": func(t testing.TB) { Database(t) },
		"AMQP_URL":     func(t testing.TB) { AMQP(t) },
	}
	for variable, body := range tests {
		r := record(body)
		if want := variable + " is not set: run `make test`, which starts private servers"; !r.failed || r.said != want {
			t.Errorf("failed %t with %q, want %q", r.failed, r.said, want)
		}
	}
}

func TestNoPasswordInTheReasonOfABadURL(t *testing.T) {
	t.Setenv("DATABASE_URL", "postgres://user:hunter2@host:port/db")
	if r := record(func(t testing.TB) { Database(t) }); !r.failed || strings.Contains(r.said, "hunter2") {
		t.Errorf("failed %t with %q", r.failed, r.said)
	}
}

func TestShared(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	here := t.TempDir()
	relative, err := filepath.Rel(root, here)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, env, want string
	}{
		{"absolute", here, here},
		{"relative to the project's root", relative, here},
		{"absent", filepath.Join(here, "absent"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("ERPBRIDGE_SHARED", tt.env)
			var got string
			r := record(func(t testing.TB) { got = Shared(t) })
			if got != tt.want || r.skipped != (tt.want == "") || r.failed {
				t.Errorf("got %q, skipped %t, failed %t (%s); want %q", got, r.skipped, r.failed, r.said, tt.want)
			}
		})
	}
}
