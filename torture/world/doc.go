// Package world is everything a daemon lives in, made of processes that can be
// broken: two servers that several worlds share, and of each world its own a
// database, a set of queues, a simulated ERP with a mail server, and daemons that
// reach all of these through proxies.
//
//	                 ┌─▶ proxy ─▶ RabbitMQ   ┐ Servers: kill and start again,
//	storefront ─▶ daemon ─▶ proxy ─▶ PostgreSQL ┘ alarm, cut all connections
//	                 ├─▶ proxy ─▶ simulated ERP   Simulator: modes, journal, never killed
//	                 └─▶ mail server              up or down
//
// A daemon is supervised as systemd would: one that ends without having been told
// to is started again after a moment. Killing, stopping and pausing it are its
// methods. The operator's commands bypass the proxies, and run as the same program.
//
// # What it promises
//
// Nothing it started outlives it: not Close, not a crash of the process it lives in,
// with which the kernel takes all children down. What it leaves are the files in its
// folder, which are evidence: configurations, logs, journals, mails.
//
// # When something fails
//
// What should break something and cannot returns an error: a fault that was not made
// must not count as one that was survived.
package world
