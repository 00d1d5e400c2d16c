// Package freeport finds ports for servers that are started again at the same place, as
// tests and torture do. They lie below those that the kernel gives to connections and to
// whoever listens on port 0: nobody else gets one while its server is down. What asks here
// at the same time may still be given the same port, one time in twelve thousand.
package freeport

import (
	"fmt"
	"math/rand/v2"
	"net"
)

const lowest, ports, tries = 20000, 12000, 200

// Listen listens on a port of host that was free, such as "127.0.0.1".
func Listen(host string) (net.Listener, error) {
	var err error
	for range tries {
		var l net.Listener
		port := lowest + rand.IntN(ports) // #nosec G404 -- a port is no secret
		if l, err = net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(port))); err == nil {
			return l, nil
		}
	}
	return nil, fmt.Errorf("no free port of %s between %d and %d: %w", host, lowest, lowest+ports, err)
}

// Address returns the address, host and port, of a port of host that nothing listens on.
func Address(host string) (string, error) {
	l, err := Listen(host)
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
