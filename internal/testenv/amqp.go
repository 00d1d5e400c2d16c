package testenv

import (
	"errors"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
)

// ours are the names, after the prefix and a dot, of the queues and exchanges that
// the bridge's topology consists of.
var ours = []string{"events", "dead", "ingest", "partner", "dlx"}

// AMQP returns the URL of the broker, and a prefix for the names of everything the
// test declares there. When the test ends, the queue and the exchange of each name
// "<prefix>.<suffix>" are deleted, if they exist: for the suffixes events, dead,
// ingest, partner and dlx of the bridge's own topology, and for those in also.
func AMQP(t testing.TB, also ...string) (url, prefix string) {
	t.Helper()
	url, prefix = server(t, "AMQP_URL"), unique()
	t.Cleanup(func() {
		if err := forget(url, prefix, append(ours[:len(ours):len(ours)], also...)); err != nil {
			t.Errorf("deleting the test's queues and exchanges: %v", err)
		}
	})
	return url, prefix
}

// forget deletes queues before exchanges, so that no message is still routed when
// its queue goes. Deleting what does not exist is no error in RabbitMQ.
func forget(url, prefix string, suffixes []string) (err error) {
	conn, err := amqp.DialConfig(url, amqp.Config{Dial: amqp.DefaultDial(patience)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	for _, suffix := range suffixes {
		if _, err := ch.QueueDelete(prefix+"."+suffix, false, false, false); err != nil {
			return err
		}
	}
	for _, suffix := range suffixes {
		if err := ch.ExchangeDelete(prefix+"."+suffix, false, false); err != nil {
			return err
		}
	}
	return nil
}
