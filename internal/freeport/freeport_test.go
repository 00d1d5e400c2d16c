package freeport

import (
	"net"
	"testing"
)

func TestPortsLieBelowThoseOfConnections(t *testing.T) {
	l, err := Listen("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if port := l.Addr().(*net.TCPAddr).Port; port < lowest || port >= lowest+ports {
		t.Errorf("port %d", port)
	}
}

func TestAddressCanBeListenedOn(t *testing.T) {
	addr, err := Address("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // as a server does that is started again
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
	}
}

func TestNoPortOfAHostThatIsNotHere(t *testing.T) {
	if addr, err := Address("192.0.2.1"); err == nil {
		t.Error(addr)
	}
}

func TestListenAtFindsAPortForZeroOnly(t *testing.T) {
	l, err := ListenAt("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if port := l.Addr().(*net.TCPAddr).Port; port < lowest || port >= lowest+ports {
		t.Errorf("port %d", port)
	}
	if l, err := ListenAt(addr); err == nil {
		t.Errorf("listens twice at %s", l.Addr())
	}
	_ = l.Close()
	if l, err = ListenAt(addr); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if l.Addr().String() != addr {
		t.Errorf("asked for %s, listens at %s", addr, l.Addr())
	}
}
