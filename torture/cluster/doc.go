// Package cluster is what careful operators run behind a bridge: three nodes of
// RabbitMQ that hold every queue three times, and a PostgreSQL whose standby has
// each transaction before its client hears of it.
//
//	amqp door ─┬─▶ door 1 ─▶ n1 ┐               database door ─▶ the primary
//	           ├─▶ door 2 ─▶ n2 ┼─ bridge              a ══synchronous══▶ b
//	           └─▶ door 3 ─▶ n3 ┘                      ▲  rebuilt after each fail-over
//
// A door is a TCP port of 127.0.0.1 that leads to one server, or to one of several
// that is up, as a load balancer's does. So there are two ways in, and both are to
// be tried: through all the addresses, which clients choose from, and through one.
//
// What can be broken: a node of the broker killed and started again, a node cut off
// from the other two while its clients still reach it, the primary killed and its
// standby promoted. Steps puts these into an order that leaves a majority standing
// and the standby in step before the next one, which is the condition of what is
// promised: then nothing that was confirmed or committed may be lost.
//
// Run by root, each node of the broker lives in a network namespace of its own and is
// cut off by its link going down. Run by others, the nodes have addresses of the
// loopback network and one is cut off by being suspended, which is less: a node that
// is suspended serves nobody, while one that is cut off goes on and must notice.
//
// # What it promises
//
// Nothing of it outlives the process it was started by, however that ends, but for
// files in its folder, which Stop removes: all servers are its children, namespaces
// are held by children, and nothing is added to the machine's own network.
//
// # When something fails
//
// What should break something and cannot returns an error. A server that does not
// come up within its time is an error that quotes the end of its log.
package cluster
