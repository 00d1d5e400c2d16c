// Package freeport finds ports for servers that are started again at the same place, as
// tests and torture do. They lie below those that the kernel gives to connections and to
// whoever listens on port 0, and each is given once: it stays with the process that asked
// until that ends, also while its server is down.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

const lowest, ports, tries = 20000, 12000, 200

// Listen listens on a port of host that was free, such as "127.0.0.1".
func Listen(host string) (net.Listener, error) {
	err := errors.New("other processes have them")
	for range tries {
		port := lowest + rand.IntN(ports) // #nosec G404 -- a port is no secret
		mine, lerr := reserve(port)
		if lerr != nil {
			return nil, fmt.Errorf("reserving a port: %w", lerr)
		}
		if !mine {
			continue
		}
		var l net.Listener
		if l, err = net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port))); err == nil {
			return l, nil
		}
	}
	return nil, fmt.Errorf("no free port of %s between %d and %d: %w", host, lowest, lowest+ports, err)
}

// ListenAt listens at addr, host and port. Port 0 is any that Listen finds.
func ListenAt(addr string) (net.Listener, error) {
	if host, port, err := net.SplitHostPort(addr); err == nil && port == "0" {
		return Listen(host)
	}
	return net.Listen("tcp", addr)
}

// Address returns the address, host and port, of a port of host that nothing listens on.
func Address(host string) (string, error) {
	l, err := Listen(host)
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
