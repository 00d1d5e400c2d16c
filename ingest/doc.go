// Package ingest is the webhook gateway: the door through which storefronts
// hand in what happened, over signed HTTP. Beside it is the door for ERPs that send word
// of their own accord of what they have booked.
//
// # What it promises
//
// A 2xx means that the message is safe: RabbitMQ has confirmed it, or Postgres
// has committed it. Whatever is not safe gets no 2xx, and the storefront sends it
// again. What is stored is what the storefront's adapter returned after checking
// the signature over the raw bytes; those bytes are read once and never touched.
// The answer goes out within Config.Budget of the body's last byte.
//
// # The way of a request
//
//	a connection ─────────────────── none is free ──▶ the oldest silent or slow one goes
//	   ▼
//	POST /webhooks/{store}
//	   │ not quite a store's address ───────────────▶ 404, and a warning in the log
//	   │ method, encoding, declared length ─────────▶ 405, 415, 413
//	   │ read the body once ────────too long, cut off▶ 413, 400
//	   │                    no memory for long bodies▶ 503, Retry-After: 1
//	   │ a free place, here and at the store ───none▶ 503, Retry-After: 1
//	   ▼
//	Storefront.Verify ───not proven, store unknown──▶ 401
//	   │              no key to check it with now ──▶ 503, Retry-After
//	   │ proven; also when it cannot be named
//	   ▼
//	Publisher.Publish ──confirmed──────────────────▶ 200
//	   │ any error, or PublishWithin is over
//	   ▼
//	Inbox.Receive ─────committed───────────────────▶ 200
//	   │ any error, or Budget is over
//	   ▼
//	503, Retry-After: 2
//
// # When things fail
//
// A broker that is away, slow or refusing costs a row in the inbox instead, never
// a lost message. A publication whose outcome is unknown is also put into the
// inbox, so the message may be stored twice: it carries the same ID both times,
// and what comes after tells by it. A sender who hangs up does not stop the
// storing of what it has sent. A panic ends its own request with 500, and no
// other. At shutdown nothing new is taken, and what was read is answered.
//
// # Slow senders
//
// A request has 5 s for its headers and 10 s for all of it, in however many pieces it
// comes. Until its last byte is there it holds a connection and up to 64 KiB, and of
// longer bodies a part of Config.Memory; the places of Config.Concurrency and PerStore
// are for what is being worked on. So who trickles delays nobody: what he can take is
// connections, and of those the oldest is closed when they are all taken. HTTP/1 only:
// one connection is one request.
//
// # Confirmations
//
// POST /confirmations/{target} is for the targets whose adapter understands what their
// ERP sends (erpbridge.Acknowledger); without one there is no such route. The limits, the
// places and what strangers learn are those of webhooks:
//
//	Acknowledger.Acknowledge ──not proven, target unknown──▶ 401
//	   │              cannot be checked now ───────────────▶ 503, Retry-After
//	   │              proven, and cannot be understood ────▶ 400, and an error in the log
//	   ▼
//	Confirmed.Acknowledged ───committed────────────────────▶ 200
//	   │ any error, or Budget is over
//	   ▼
//	503, Retry-After: 2
//
// # Platforms that ask first
//
// A GET is 405, except where the store's platform wants to hear an answer to its
// challenge before it sends anything: then the adapter's Challenge gives it.
//
// # What strangers learn
//
// Error texts are fixed. A store that does not exist answers as a bad signature
// does, after the same work: the signature is checked as some store's would be, and
// the result thrown away. Which store's depends on the name, so that with stores of
// several platforms the times of unknown names are spread as those of known ones are.
// The limits of that: a name may change its time when the configuration gets another
// store; a key that one store has fetched and another has not is a difference; and where
// a platform sends something unsigned that has to be answered, a challenge or a ping, the
// answer tells that there is such a store. Reasons go to the log, under the request's ID that
// the answer carries, and at most five lines a second for each cause, with a
// count of those left out.
//
// GET /healthz says that the process serves; GET /readyz says whether what it
// needs is there, by name, and in fixed words where the probe has some.
package ingest
