// Package normalizer is what the storefronts' normalizers share: reading members into
// canonical values, telling two states of a thing apart, and the shop's calendar.
//
// It knows no platform. What a member is called, which of two amounts counts and what
// adds up to what stays with the adapters; that an amount is an exact decimal of its
// currency, a text holds nothing that XML or Postgres cannot, and a time has a zone is
// decided here, once for all of them.
//
//	strictjson.Scalar ──Reader──▶ text, id, flag, quantity, rate, time, Money
//	                      └── Err: the first member that cannot be meant, by name
//	canonical value ──Fingerprint──▶ digest of what an ERP cares about
package normalizer
