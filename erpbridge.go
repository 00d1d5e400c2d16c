// Package erpbridge is the vocabulary of the house: the values that travel from
// a storefront to an ERP, the contracts of the two kinds of neighbour, and the
// kinds of error. No vendor's word appears here and nothing here does I/O.
// Every room imports it, and rooms talk to each other in these words alone.
//
//	Message ──Normalize──▶ Event ──stages──▶ Event ──Translate──▶ Documents
//	 (raw)   Storefront   (canonical)                 ERP          (rendered)
//	                                                                   │
//	                     Receipt ◀──Deliver── outbox (Postgres) ◀──────┘
//
// The promise that all rooms serve: an event answered with 2xx, or confirmed to
// an AMQP publisher, is never lost. It takes effect in the ERP once, in its
// order's order, or it stands in the dead-letter list with its reason, and
// somebody has been mailed.
package erpbridge
