package partner_test

import (
	"bytes"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/partner"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// document returns the schema as JSON.
func document(t testing.TB) map[string]any {
	t.Helper()
	data := storefronttest.Read(t, storefronttest.Root(t), "docs", "partner-message.schema.json")
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return doc.(map[string]any)
}

// schema returns the schema, ready to validate with.
func schema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4) // so that it is $schema that counts
	c.AssertFormat()
	if err := c.AddResource("partner-message.schema.json", document(t)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("partner-message.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if s.DraftVersion != 2020 {
		t.Fatalf("the schema is of draft %d", s.DraftVersion)
	}
	return s
}

// validate holds a body against the schema.
func validate(s *jsonschema.Schema, body []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return s.Validate(value)
}

func TestExamplesAreValid(t *testing.T) {
	s, shop, types := schema(t), open(t, ""), map[erpbridge.EventType]bool{}
	for _, name := range examples(t) {
		body := example(t, name)
		if err := validate(s, body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		e := normalize(t, shop, body)
		types[e.Type] = true
		if o := e.Order; o != nil && !o.Sum().Equal(o.Total) {
			t.Errorf("%s: the parts come to %s, the total is %s", name, o.Sum(), o.Total)
		}
		if o := e.Order; o != nil && o.Presented != nil && !o.Presented.Sum().Equal(o.Presented.Total) {
			t.Errorf("%s: presented, the parts come to %s, the total is %s", name, o.Presented.Sum(), o.Presented.Total)
		}
		if f := e.Refund; f != nil {
			if paid, all := f.Paid(); !all || !paid.Equal(f.Sum()) {
				t.Errorf("%s: the parts come to %s, %s was paid back", name, f.Sum(), paid)
			}
		}
	}
	for _, want := range erpbridge.EventTypes {
		if !types[want] {
			t.Errorf("no example is of type %s", want)
		}
	}
}

// TestBroken breaks an example in one place, and wants adapter and schema to refuse it
// for the same reason.
func TestBroken(t *testing.T) {
	type broken struct {
		body  []byte
		says  string               // what the adapter says
		keyed jsonschema.ErrorKind // what kind of error the schema has
	}
	s, shop := schema(t), open(t, "")
	placed := func(old, replacement string) []byte { return but(t, "order-placed", old, replacement) }
	for name, b := range map[string]broken{
		"a member too many":         {placed(`"currency"`, `"colour": "red", "currency"`), `"/order/colour"`, &kind.AdditionalProperties{}},
		"a misspelt member":         {placed(`"shipping"`, `"shiping"`), `no such member is known; is shipping meant?`, &kind.AdditionalProperties{}},
		"a misspelt member, deep":   {placed(`"sku"`, `"skv"`), `is sku meant?`, &kind.AdditionalProperties{}},
		"a misspelt thing":          {placed(`"order":`, `"oder":`), `is order meant?`, &kind.AdditionalProperties{}},
		"a member in capitals":      {placed(`"email"`, `"Email"`), `is email meant?`, &kind.AdditionalProperties{}},
		"no id":                     {placed(`"id": "A-1001",`, ``), `order.id: is missing`, &kind.Required{}},
		"no currency":               {placed(`"currency": "EUR",`, ``), `order.currency: is missing`, &kind.Required{}},
		"no lines":                  {but(t, "order-minimal", `"lines": [{"quantity": "3", "unit": "400"}],`, ``), `order.lines: is missing`, &kind.Required{}},
		"no quantity":               {placed(`"quantity": 2, `, ``), `order.lines[0].quantity: is missing`, &kind.Required{}},
		"no price":                  {placed(`, "unit": "12.50"`, ``), `order.lines[0].unit: is missing`, &kind.Required{}},
		"no occurred_at":            {placed(`"occurred_at": "2026-03-01T10:00:00+01:00",`, ``), `occurred_at: is missing`, &kind.Required{}},
		"no type":                   {placed(`"type": "order.placed",`, ``), `type: is missing`, &kind.Required{}},
		"no version":                {placed(`"version": "1",`, ``), `version: is missing; write "1"`, &kind.Required{}},
		"an amount without a point": {placed(`"total": "29.95"`, `"total": "29,95"`), `order.total: "29,95" is not a plain decimal number`, &kind.Pattern{}},
		"an amount with currency":   {placed(`"total": "29.95"`, `"total": "29.95 EUR"`), `order.total: `, &kind.Pattern{}},
		"an amount with exponent":   {placed(`"total": "29.95"`, `"total": "2995e-2"`), `order.total: `, &kind.Pattern{}},
		"an amount as an object":    {placed(`"29.95"`, `{"amount": "29.95"}`), `an object stands where a decimal number, best as a string, belongs`, &kind.Type{}},
		"an empty amount":           {placed(`"29.95"`, `""`), `an empty string says nothing`, &kind.Pattern{}},
		"a negative amount":         {placed(`"29.95"`, `"-29.95"`), `order.total: -29.95 EUR is negative`, &kind.Pattern{}},
		"a negative number":         {placed(`"29.95"`, `-29.95`), `order.total: -29.95 EUR is negative`, &kind.Minimum{}},
		"a text as a number":        {placed(`"1016 GV"`, `1016`), `a number stands where a string belongs`, &kind.Type{}},
		"a flag as a text":          {placed(`"taxes_included": true`, `"taxes_included": "true"`), `a string stands where true or false belongs`, &kind.Type{}},
		"a list as an object":       {placed(`[{"title": "Parcel", "price": "4.95"}]`, `{"title": "Parcel", "price": "4.95"}`), `an object stands where an array belongs`, &kind.Type{}},
		"an object as a list":       {but(t, "order-gone", `"cancellation": {`, `"refund": [], "cancellation": {`), `at "/refund"`, &kind.Type{}},
		"null in a list":            {placed(`[{"title": "Parcel"`, `[null, {"title": "Parcel"`), `null stands among its elements`, &kind.Type{}},
		"a time without zone":       {placed(`"placed_at": "2026-03-01T10:00:00+01:00"`, `"placed_at": "2026-03-01T10:00:00"`), `order.placed_at: "2026-03-01T10:00:00" is not a time with its zone`, &kind.Format{}},
		"a day that is none":        {but(t, "refund-issued", `"posting_date": "2026-03-10"`, `"posting_date": "2026-02-30"`), `refund.posting_date: "2026-02-30" is not a day`, &kind.Format{}},
		"a word of nobody":          {placed(`"payment_status": "paid"`, `"payment_status": "payed"`), `order.payment_status: "payed" is not one of "unpaid" "partially-paid" "paid" "refunded" "voided"`, &kind.Enum{}},
		"a country's name":          {placed(`"NL"`, `"Netherlands"`), `order.ship_to.country: "Netherlands" is not an ISO 3166-1 code`, &kind.Pattern{}},
		"a currency's sign":         {placed(`"EUR"`, `"€"`), `order.currency: "€" is not an ISO 4217 currency`, &kind.Pattern{}},
		"an id with a blank":        {placed(`"A-1001"`, `"A 1001"`), `order.id: is not an id`, &kind.Pattern{}},
		"an address as an id":       {but(t, "customer-changed", `501`, `"soren@example.org"`), `customer.id: is not an id`, &kind.Pattern{}},
		"an id with a fraction":     {but(t, "order-minimal", `1002`, `1002.5`), `order.id: 1002.5 is not a whole number`, &kind.Type{}},
		"another version":           {placed(`"version": "1"`, `"version": "2", "colour": "red"`), `version: "2" is not known here; the one that is known is "1"`, &kind.Enum{}},
		"a type of nobody":          {placed(`"order.placed"`, `"order.place"`), `type: "order.place" is not known; is order.placed meant?`, &kind.Enum{}},
		"another thing":             {placed(`"order.placed"`, `"refund.issued"`), `order: has no place in a message of type refund.issued`, &kind.Type{}},
		"two things":                {but(t, "order-gone", `"cancellation": {`, `"customer": {"id": 1}, "cancellation": {`), `customer: has no place`, &kind.Type{}},
		"both of one":               {but(t, "order-cancelled", `"order": {`, `"cancellation": {"order_id": 1}, "order": {`), `order or cancellation: both are there`, &kind.OneOf{}},
		"no thing":                  {[]byte(`{"version":"1","type":"product.deleted","occurred_at":"2026-03-01T10:00:00Z"}`), `product: is missing`, &kind.Required{}},
		"cancelled, and not":        {but(t, "order-cancelled", `"cancelled_at": "2026-03-05T12:00:00+01:00",`, ``), `order.cancelled_at: is missing, and the type is order.cancelled`, &kind.Required{}},
		"paid, and not":             {but(t, "order-paid", `"payment_status": "paid"`, `"payment_status": "unpaid"`), `order.payment_status: is unpaid, and the type is order.paid`, &kind.Enum{}},
		"paid in part":              {placed(`"payment_status": "paid"`, `"payment_status": "partially-paid"`), `order.outstanding: is missing, and the order is paid in part`, &kind.Required{}},
		"a customer without id":     {but(t, "customer-changed", `"id": 501,`, ``), `customer.id: is missing`, &kind.Required{}},
		"addresses in an order":     {but(t, "order-paid", `"first_name": "Ada"`, `"addresses": []`), `order.customer.addresses: has no place inside an order`, &kind.Type{}},
		"presented twice": {but(t, "order-changed", `"currency": "GBP",
      "lines"`, `"presented": {}, "currency": "GBP", "lines"`), `order.presented.presented: has no place here`, &kind.Type{}},
		"a price without currency": {but(t, "product-changed", `"currency": "EUR",`, ``), `product.currency: is missing, and a variant has a price`, &kind.Required{}},
		"a refund by sale":         {but(t, "refund-issued", `"kind": "refund"`, `"kind": "sale"`), `refund.payments[0].kind: "sale" has no place in a refund`, &kind.Const{}},
		"an array":                 {[]byte(`[` + string(example(t, "order-gone")) + `]`), `an array does not belong here`, &kind.Type{}},
		"nothing":                  {[]byte(`null`), `the document is null`, &kind.Type{}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := shop.Normalize(message(b.body))
			if erpbridge.KindOf(err) != erpbridge.Invalid || !strings.Contains(err.Error(), b.says) {
				t.Errorf("the adapter says %v, want an error of kind invalid with %s", err, b.says)
			}
			var wrong *jsonschema.ValidationError
			if err := validate(s, b.body); !errors.As(err, &wrong) {
				t.Fatalf("the schema says %v", err)
			}
			if !has(wrong, reflect.TypeOf(b.keyed)) {
				t.Errorf("the schema has no %T against it: %v", b.keyed, wrong)
			}
		})
	}
}

// has reports whether an error of a kind is among what the schema says.
func has(e *jsonschema.ValidationError, want reflect.Type) bool {
	return reflect.TypeOf(e.ErrorKind) == want || slices.ContainsFunc(e.Causes, func(c *jsonschema.ValidationError) bool { return has(c, want) })
}

// TestSchemaIsWhatIsRead walks the schema and the structs that bodies are read into side
// by side: the same members, of the same kind, with the same words.
func TestSchemaIsWhatIsRead(t *testing.T) {
	w := &walk{T: t, doc: document(t), seen: map[string]reflect.Type{}, words: map[string]bool{}}
	w.object("", w.doc, partner.Body)
	for name := range w.doc["$defs"].(map[string]any) {
		if _, ok := w.seen[name]; !ok {
			t.Errorf("nothing leads to the definition %s", name)
		}
	}
	for name := range partner.Words {
		if !w.words[name] {
			t.Errorf("the schema does not list the words of %s", name)
		}
	}
	if got := w.doc["properties"].(map[string]any)["version"].(map[string]any)["enum"].([]any)[0]; got != partner.Version {
		t.Errorf("the schema is of version %v, the adapter's is %s", got, partner.Version)
	}
}

type walk struct {
	*testing.T
	doc   map[string]any
	seen  map[string]reflect.Type
	words map[string]bool
}

// object compares the members of an object with those of a struct.
func (w *walk) object(def string, s map[string]any, typ reflect.Type) {
	if s["additionalProperties"] != false || s["type"] != "object" {
		w.Errorf("%q takes more than it lists", def)
	}
	properties := s["properties"].(map[string]any)
	fields := map[string]reflect.Type{}
	for i := range typ.NumField() {
		fields[typ.Field(i).Tag.Get("json")] = typ.Field(i).Type
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(properties)), slices.Sorted(maps.Keys(fields))); diff != "" {
		w.Errorf("%q and %s have different members (-schema +adapter):\n%s", def, typ, diff)
		return
	}
	for name, p := range properties {
		member := p.(map[string]any)
		place := strings.TrimPrefix(def+"."+name, ".")
		if text, _ := member["description"].(string); !strings.HasSuffix(text, ".") {
			w.Errorf("%s has no description", place)
		}
		w.member(place, member, fields[name])
	}
	for _, r := range or(s["required"]) {
		if _, ok := fields[r.(string)]; !ok {
			w.Errorf("%q requires %v, which it has not", def, r)
		}
	}
}

// member compares one member with a field's type.
func (w *walk) member(place string, s map[string]any, typ reflect.Type) {
	kind := partner.Kinds[typ]
	switch {
	case s["enum"] != nil:
		var listed []string
		for _, word := range s["enum"].([]any) {
			if text, ok := word.(string); ok {
				listed = append(listed, text)
			}
		}
		if place == "version" {
			return
		}
		w.words[place] = true
		if diff := cmp.Diff(listed, partner.Words[place]); diff != "" || kind != "word" {
			w.Errorf("%s, a %s, has other words (-schema +adapter):\n%s", place, kind, diff)
		}
	case s["$ref"] != nil:
		w.definition(place, strings.TrimPrefix(s["$ref"].(string), "#/$defs/"), typ)
	case s["anyOf"] != nil: // or null
		w.member(place, s["anyOf"].([]any)[0].(map[string]any), typ)
	case s["items"] != nil:
		if typ.Kind() != reflect.Slice {
			w.Errorf("%s is an array in the schema, and a %s here", place, typ)
			return
		}
		w.member(place, s["items"].(map[string]any), typ.Elem())
	case s["type"] == "string" && kind == "text":
	default:
		w.Errorf("%s: %v and %s cannot be compared", place, s, typ)
	}
}

// definition compares what is defined under a name with a type.
func (w *walk) definition(place, name string, typ reflect.Type) {
	def, ok := w.doc["$defs"].(map[string]any)[name].(map[string]any)
	if !ok {
		w.Errorf("%s is a %s, which is not defined", place, name)
		return
	}
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	known, again := w.seen[name]
	w.seen[name] = typ
	if again && known != typ && partner.Kinds[typ] == "" {
		w.Errorf("%s is a %s, which is %s there and %s here", place, name, known, typ)
	}
	basic := strings.TrimPrefix(name, "maybe_")
	w.seen[basic] = typ
	of := map[string]string{
		"text": "text", "id": "id", "amount": "number", "signed": "number", "flag": "flag", "time": "moment", "day": "moment",
		"currency": "word", "country": "word",
	}[basic]
	switch {
	case of != "" && partner.Kinds[typ] != of:
		w.Errorf("%s is a %s in the schema, and a %s here", place, name, partner.Kinds[typ])
	case of == "" && !again:
		w.object(name, def, typ)
	}
}

func or(v any) []any {
	list, _ := v.([]any)
	return list
}
