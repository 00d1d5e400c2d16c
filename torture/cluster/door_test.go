package cluster

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/internal/freeport"
)

// echo says back what it hears, until the test ends.
func echo(t *testing.T) net.Listener {
	t.Helper()
	l, err := freeport.Listen("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
	return l
}

func enter(t *testing.T, d *door) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", d.addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// first reads a byte.
func first(c net.Conn) error {
	_, err := c.Read(make([]byte, 1))
	return err
}

func TestDoor(t *testing.T) {
	l := echo(t)
	d, err := openDoor(func() (net.Conn, error) { return dialTCP(l.Addr().String()) })
	if err != nil {
		t.Fatal(err)
	}
	c := enter(t, d)
	if _, err := c.Write([]byte("there")); err != nil {
		t.Fatal(err)
	}
	heard := make([]byte, 5)
	if _, err := io.ReadFull(c, heard); err != nil || string(heard) != "there" {
		t.Errorf("heard %q, %v", heard, err)
	}
	if err := d.close(); err != nil {
		t.Error(err)
	}
	if _, err := c.Read(heard); err == nil {
		t.Error("a connection outlived its door")
	}
	if _, err := net.Dial("tcp", d.addr()); err == nil {
		t.Error("a closed door let somebody in")
	}
}

// Whoever comes while nobody is behind the door must see that, not wait.
func TestDoorToNobody(t *testing.T) {
	d, err := openDoor(func() (net.Conn, error) { return nil, errors.New("nobody") })
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.close(); err != nil {
			t.Error(err)
		}
	}()
	c, err := net.Dial("tcp", d.addr())
	if err == nil {
		err = errors.Join(c.SetDeadline(time.Now().Add(10*time.Second)), first(c), c.Close())
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("nobody's answer is %v, not a reset", err)
	}
}
