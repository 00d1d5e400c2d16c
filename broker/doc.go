// Package broker is the house's door to RabbitMQ: the topology, the confirming
// publisher, the batched consumer and the way out of the broker's dead-letter
// queue. It is the only room that knows amqp091.
//
// # What it promises
//
// Publish returns nil only after the broker has confirmed the event and has not
// returned it as unroutable. An event handed to a Handler is acknowledged only
// after the Handler has said that it is safe elsewhere. Between the two the
// broker deletes nothing: what it gives up comes out of DrainDead.
//
// # Topology
//
//	erpbridge ──batches──▶ <p>.ingest  (fanout) ──┐
//	                                              ├──▶ <p>.events ──▶ Consume
//	partners ──one event─▶ <p>.partner (topic #) ─┘     │ quorum
//	           a message                                │ at-least-once dead-lettering
//	                                                    ▼
//	                                   <p>.dlx (fanout) ──▶ <p>.dead ──▶ DrainDead
//	                                                         quorum
//
// The two doors are separate so that the broker's permissions can be least
// privilege: only erpbridge's own user may write to <p>.ingest. <p>.partner is a
// topic exchange because topic permissions are how RabbitMQ ties a user to a
// routing key, which is the store's name. <p> is Config.Prefix. It means the same
// on RabbitMQ 3.10 and on 4.x.
//
// # Sessions
//
// Each of publishing, consuming and draining has a connection of its own, made
// anew for each session:
//
//	dialling ──connected──▶ setting up ──declared, confirming or consuming──▶ open
//	   ▲                         │                                             │
//	   │                      failure             connection or channel closed,
//	   │                         │                consumer cancelled, publish hung
//	   └──── back-off, next URL ─┴─────────────────────────────────────────────┘
//
// The library's own recovery is not used: after it, an acknowledgement of an old
// delivery would acknowledge another message, which is then lost. Here a delivery
// belongs to the session that took it, and when the session is over it is simply
// left to be delivered again.
//
// # Publishing
//
// At most two messages are in flight. Events that come meanwhile wait, and become
// the next message together: no timer, an idle publisher sends each event at once,
// a busy one sends batches. What can go wrong has a name:
//
//	ErrUnavailable  no session, a broker alarm, or a broker that does not confirm: at once
//	ErrBusy         the waiting room is full, or the event was still in it at the deadline
//	ErrUnroutable   returned: no queue is bound
//	ErrNacked       the broker refused it
//	ErrTooLarge     no message can carry it
//	ErrUnknown      it left, and no answer came: it may or may not be stored
//
// Only after ErrUnknown may the event be in the broker.
//
// # Consuming
//
// Deliveries go to the Handler in batches. What the Handler has an error for is
// tried again in process, with back-off, while its message stays unacknowledged
// and others go on. Nothing is ever put back into the queue: that would be a
// loop through the broker, and count against its delivery limit. A message whose
// content cannot be understood is a Delivery with a Problem, so that its bytes
// end in the dead-letter list.
//
// # The batch on the wire
//
// Content type application/vnd.erpbridge.events, type erpbridge.events.v1;
// integers are big-endian:
//
//	"EBEV"   4 bytes
//	version  1 byte: 1
//	count    2 bytes: events, 1 to 256
//	count times:
//	    length  4 bytes, at most 65,536
//	    head    JSON: id, store, type, via, header, content_type, received_at
//	    length  4 bytes
//	    body    the raw bytes as received
//
// Nothing may follow. A batch is accepted only from <p>.ingest, which the broker
// itself writes into each delivery and a publisher cannot forge.
//
// # Partners
//
// Partners publish to <p>.partner. The contract is docs/PARTNERS.md: persistent;
// properties message_id and type; routing key or header "store" (or both, alike)
// the store's name; content_type application/json; one event a message. Headers that
// the client library cannot read are taken away before it sees them: it would give up
// the connection over them, and with it all that waits behind.
package broker
