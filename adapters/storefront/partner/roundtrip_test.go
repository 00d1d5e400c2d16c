package partner_test

import (
	"cmp"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// TestEveryFieldCanBeSaid fills every field of the canonical model, writes it as a
// partner would, and wants it back. A field that is added to the model and not to the
// contract fails here.
func TestEveryFieldCanBeSaid(t *testing.T) {
	for _, tt := range []struct {
		kind  erpbridge.EventType
		thing string
		value any
		got   func(erpbridge.Event) any
	}{
		{erpbridge.OrderCancelled, "order", fullOrder(), func(e erpbridge.Event) any { return e.Order }},
		{erpbridge.OrderCancelled, "cancellation", filled[erpbridge.Cancellation](), func(e erpbridge.Event) any { return e.Cancellation }},
		{erpbridge.RefundIssued, "refund", fullRefund(), func(e erpbridge.Event) any { return e.Refund }},
		{erpbridge.FulfilmentChanged, "fulfilment", filled[erpbridge.Fulfilment](), func(e erpbridge.Event) any { return e.Fulfilment }},
		{erpbridge.CustomerDeleted, "customer", filled[erpbridge.Customer](), func(e erpbridge.Event) any { return e.Customer }},
		{erpbridge.ProductDeleted, "product", filled[erpbridge.Product](), func(e erpbridge.Event) any { return e.Product }},
		{erpbridge.InventoryChanged, "inventory", filled[erpbridge.InventoryLevel](), func(e erpbridge.Event) any { return e.Inventory }},
		{erpbridge.PrivacyRequested, "privacy", filled[erpbridge.PrivacyRequest](), func(e erpbridge.Event) any { return e.Privacy }},
	} {
		t.Run(tt.thing, func(t *testing.T) {
			if zero := zeros(reflect.ValueOf(tt.value), ""); len(zero) > 0 {
				t.Fatalf("not filled: %s", strings.Join(zero, ", "))
			}
			body, err := json.Marshal(map[string]any{
				"version": "1", "type": string(tt.kind), "occurred_at": "2026-03-01T10:00:00Z", tt.thing: encode(reflect.ValueOf(tt.value)),
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := validate(schema(t), body); err != nil {
				t.Errorf("%v", err)
			}
			e := normalize(t, open(t, "test_orders: deliver\n"), body)
			if diff := gocmp.Diff(tt.value, tt.got(e)); diff != "" || e.Type != tt.kind {
				t.Errorf("%s came back as %s:\n%s", tt.kind, e.Type, diff)
			}
		})
	}
}

// unsaid are the fields no member says, and why.
var unsaid = map[string]bool{
	"Customer.Deleted":                   true, // the type says it
	"Product.Deleted":                    true,
	"InventoryLevel.Known":               true, // available is there, or not
	"Order.Customer.Addresses":           true, // a customer inside an order has none of these
	"Order.Customer.UpdatedAt":           true,
	"Order.Customer.Deleted":             true,
	"Order.Presented.Presented":          true, // nor has what is presented
	"Refund.Presented.Presented":         true,
	"Order.Presented.Customer.Addresses": true,
	"Order.Presented.Customer.UpdatedAt": true,
	"Order.Presented.Customer.Deleted":   true,
}

func fullOrder() *erpbridge.Order {
	o := filled[erpbridge.Order]()
	of := filled[erpbridge.Order]()
	for _, o := range []*erpbridge.Order{o, of} {
		o.Lines = append(o.Lines, o.Lines[0])
		o.Lines[0].Parent, o.Lines[1].ID = "parent", "parent"
		o.Lines[1].Parent = "ID"
		o.Customer.Addresses, o.Customer.UpdatedAt, o.Customer.Deleted = nil, time.Time{}, false
		o.Presented = nil
	}
	recur(of, "GBP")
	o.Presented = of
	return o
}

func fullRefund() *erpbridge.Refund {
	f, of := filled[erpbridge.Refund](), filled[erpbridge.Refund]()
	f.Payments[0].Kind, of.Payments[0].Kind = erpbridge.Repayment, erpbridge.Repayment
	recur(of, "GBP")
	of.Presented = nil
	f.Presented = of
	return f
}

// recur gives all money of a thing another currency.
func recur(thing any, currency string) {
	var visit func(v reflect.Value)
	visit = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				visit(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				visit(v.Index(i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).Name == "Currency" {
					v.Field(i).SetString(currency)
				} else if v.Field(i).CanSet() {
					visit(v.Field(i))
				}
			}
		}
	}
	visit(reflect.ValueOf(thing))
}

// filled returns a T every field of which says something.
func filled[T any]() *T {
	out := new(T)
	n := 0
	fill(reflect.ValueOf(out).Elem(), "", &n)
	return out
}

func fill(v reflect.Value, name string, n *int) {
	*n++
	switch value := v.Addr().Interface().(type) {
	case *time.Time:
		*value = time.Date(2026, 3, 1+*n%28, 10, 30, 0, *n*1000, time.FixedZone("", 3600))
		return
	case *erpbridge.Decimal:
		*value = decimal(strconv.Itoa(*n))
		return
	case *erpbridge.Money:
		*value = erpbridge.Money{Amount: decimal(fmt.Sprintf("%d.25", *n)), Currency: "EUR"}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(word(v.Type().Name(), name))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), name, n)
	case reflect.Pointer:
		if name != "Presented" { // which has no end
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), name, n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), v.Type().Field(i).Name, n)
		}
	}
}

// word returns a text for a field, one of its words where it has few.
func word(typ, name string) string {
	if w := map[string]string{
		"Currency": "EUR", "Presentment": "GBP", "Country": "NL", "PostingDate": "2026-02-28", "WeightUnit": "kg",
	}[name]; w != "" {
		return w
	}
	if w := map[string]string{
		"PaymentStatus": "refunded", "LineKind": "component", "ChargeKind": "handling", "CreditKind": "reward-points",
		"PaymentKind": "capture", "PaymentState": "pending", "Restock": "returned", "FulfilmentStatus": "shipped", "PrivacyKind": "redact-shop",
	}[typ]; w != "" {
		return w
	}
	return name
}

func decimal(s string) erpbridge.Decimal {
	d, err := erpbridge.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

// zeros lists the fields that say nothing and ought to.
func zeros(v reflect.Value, place string) []string {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		return zeros(v.Elem(), cmp.Or(place, v.Type().Elem().Name()))
	case v.IsZero() && !unsaid[place]:
		return []string{place}
	case v.Kind() == reflect.Slice && v.Len() > 0:
		return zeros(v.Index(0), place)
	case v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[time.Time]() || v.Type() == reflect.TypeFor[erpbridge.Decimal]():
		return nil
	}
	var out []string
	for i := range v.NumField() {
		out = append(out, zeros(v.Field(i), place+"."+v.Type().Field(i).Name)...)
	}
	return out
}

// encode writes a canonical value as a partner would: members in snake_case, amounts as
// strings, and a currency beside them where the thing has none of its own.
func encode(v reflect.Value) any {
	switch value := v.Interface().(type) {
	case time.Time:
		if value.IsZero() {
			return nil
		}
		return value.Format(time.RFC3339Nano)
	case erpbridge.Decimal:
		return value.String()
	case erpbridge.Money:
		return value.Plain()
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return encode(v.Elem())
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		out := []any{}
		for i := range v.Len() {
			out = append(out, encode(v.Index(i)))
		}
		return out
	case reflect.Struct:
		out := map[string]any{}
		for i := range v.NumField() {
			field := v.Type().Field(i)
			switch {
			case field.Name == "Deleted" && v.Type() != reflect.TypeFor[erpbridge.Cancellation](), field.Name == "Known":
			default:
				out[snake(field.Name)] = encode(v.Field(i))
			}
		}
		switch value := v.Interface().(type) {
		case erpbridge.Payment:
			out["currency"] = value.Amount.Currency
		case erpbridge.Product:
			out["currency"] = value.Variants[0].Price.Currency
		}
		return out
	}
	return v.Interface()
}

// snake returns a field's name as a member's: ListPrice is list_price, TaxID tax_id.
func snake(name string) string {
	var out strings.Builder
	runes := []rune(name)
	for i, c := range runes {
		if unicode.IsUpper(c) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(c))
	}
	return out.String()
}
