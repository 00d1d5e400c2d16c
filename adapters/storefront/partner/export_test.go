package partner

import (
	"reflect"

	"github.com/hakooi/erpbridge"
)

// What the tests compare with the schema.
var (
	Body    = reflect.TypeFor[message]()
	Version = knownVersion
)

// Kinds are the kinds of member, by what they are for.
var Kinds = map[reflect.Type]string{
	reflect.TypeFor[text]():   "text",
	reflect.TypeFor[id]():     "id",
	reflect.TypeFor[number](): "number",
	reflect.TypeFor[flag]():   "flag",
	reflect.TypeFor[moment](): "moment",
	reflect.TypeFor[word]():   "word",
}

// Words are the words of members that have few, by definition and member.
var Words = map[string][]string{
	"order.payment_status": words(paymentStatuses),
	"charge.kind":          words(chargeKinds),
	"credit.kind":          words(creditKinds),
	"line.kind":            words(lineKinds),
	"payment.kind":         words(paymentKinds),
	"payment.state":        words(paymentStates),
	"refund_line.restock":  words(restocks),
	"fulfilment.status":    words(fulfilmentStatuses),
	"variant.weight_unit":  words(weightUnits),
	"privacy.kind":         words(privacyKinds),
	"type":                 words(erpbridge.EventTypes),
}

func words[T ~string](ws []T) []string {
	var out []string
	for _, w := range ws {
		out = append(out, string(w))
	}
	return out
}
