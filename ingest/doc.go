// Package ingest is the webhook gateway: the door through which storefronts
// hand in what happened, over signed HTTP.
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
//	POST /webhooks/{store}
//	   │ method, encoding, declared length ─────────▶ 405, 415, 413
//	   │ a free place, here and at the store ───none▶ 503, Retry-After: 1
//	   │ read the body once ────────too long, cut off▶ 413, 400
//	   ▼
//	Storefront.Verify ───not proven, store unknown──▶ 401
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
// # What strangers learn
//
// Error texts are fixed. A store that does not exist answers as a bad signature
// does, after the same work: a signature is checked with another store's secret,
// and the result thrown away. Reasons go to the log, under the request's ID that
// the answer carries, and at most five lines a second for each cause, with a
// count of those left out.
//
// GET /healthz says that the process serves; GET /readyz says whether what it
// needs is there, by name, and in fixed words where the probe has some.
package ingest
