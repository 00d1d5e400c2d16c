package shopify

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/shopapi"
)

//go:embed graphql
var texts embed.FS

// An operation is a GraphQL query or mutation: a file of the folder graphql, and the
// fragments it uses.
type operation struct {
	name string
	text string
}

// The operations, each with what it uses and nothing more: an unused fragment is an
// error in GraphQL.
var (
	opOrders        = document("ErpbridgeOrders", "orders", "line", "shipping", "application", "tax", "address", "money")
	opLines         = document("ErpbridgeLines", "lines", "line", "tax", "money")
	opShippingLines = document("ErpbridgeShippingLines", "shippinglines", "shipping", "tax", "money")
	opApplications  = document("ErpbridgeApplications", "applications", "application")
	opSchedules     = document("ErpbridgeSchedules", "schedules")

	opRefunds             = document("ErpbridgeRefunds", "refunds", "refundline", "refundedshipping", "adjustment", "transaction", "money")
	opRefundLines         = document("ErpbridgeRefundLines", "refundlines", "refundline", "money")
	opRefundShippingLines = document("ErpbridgeRefundShippingLines", "refundshippinglines", "refundedshipping", "money")
	opAdjustments         = document("ErpbridgeAdjustments", "adjustments", "adjustment", "money")
	opTransactions        = document("ErpbridgeTransactions", "transactions", "transaction")
	opPayments            = document("ErpbridgePayments", "payments", "transaction", "money")

	opSubscriptions = document("ErpbridgeSubscriptions", "subscriptions")
	opSubscribe     = document("ErpbridgeSubscribe", "subscribe")
)

func document(name string, files ...string) operation {
	var all []string
	for _, file := range files {
		text, err := texts.ReadFile("graphql/" + file + ".graphql")
		if err != nil {
			panic(err) // the file is part of the program
		}
		all = append(all, string(text))
	}
	return operation{name, strings.Join(all, "\n")}
}

// An admin is a shop's GraphQL Admin API.
type admin struct {
	client *shopapi.Client
	path   string
}

// perSecond is how many requests begin in a second, where the settings do not say. What
// Shopify counts is their cost; it tells when that is too high.
const perSecond = 2

func openAdmin(conf API, shop string) (*admin, error) {
	api := conf.Config
	if api.URL == "" {
		api.URL = "https://" + shop
	}
	token := string(conf.AccessToken)
	client, err := shopapi.New("shopify", api, perSecond, func(r *http.Request) { r.Header.Set("X-Shopify-Access-Token", token) })
	if err != nil {
		return nil, err
	}
	return &admin{client, "/admin/api/" + conf.Version + "/graphql.json"}, nil
}

type variables map[string]any

// ask sends an operation once and decodes its data. It returns the version of the API
// that answered: Shopify serves the oldest one it still has in place of one it has no
// longer.
func (a *admin) ask(ctx context.Context, op operation, vars variables, into any) (served string, err error) {
	request, err := json.Marshal(struct {
		Query     string    `json:"query"`
		Variables variables `json:"variables"`
		Operation string    `json:"operationName"`
	}{op.text, vars, op.name}, json.Deterministic(true))
	if err != nil {
		return "", fmt.Errorf("writing %s: %w", op.name, err)
	}
	res, err := a.client.Do(ctx, shopapi.Request{Method: http.MethodPost, Path: a.path, Body: request})
	if err != nil {
		return "", closed(err)
	}
	var answer struct {
		Data       jsontext.Value `json:"data"`
		Errors     jsontext.Value `json:"errors"`
		Extensions extensions     `json:"extensions"`
	}
	if err := json.Unmarshal(res.Body, &answer); err != nil {
		return "", &erpbridge.Error{Op: "shopify." + op.name, Kind: erpbridge.Transient, Err: fmt.Errorf("the answer is no JSON of the API's shape: %w", err)}
	}
	if len(answer.Errors) > 0 && answer.Errors.Kind() != jsontext.KindNull {
		return "", refusal(op, answer.Errors, answer.Extensions)
	}
	if answer.Data.Kind() != jsontext.KindBeginObject {
		return "", &erpbridge.Error{Op: "shopify." + op.name, Kind: erpbridge.Transient, Err: errors.New("the answer has neither data nor errors")}
	}
	if err := json.Unmarshal(answer.Data, into); err != nil {
		return "", &erpbridge.Error{Op: "shopify." + op.name, Kind: erpbridge.Invalid, Err: fmt.Errorf("the answer is not of the shape that was asked for: %w", err)}
	}
	return res.Header.Get(headerVersion), nil
}

// closed returns an error of HTTP as what it means of this API. All of it has one address,
// so that one that is not there is a wrong setting or a closed shop, and says nothing of an
// order; nor do a shop that is frozen (402), locked (423), or does not trust us (430).
func closed(err error) error {
	var e *erpbridge.Error
	if errors.As(err, &e) && slices.Contains([]string{"402", "404", "410", "423", "430"}, e.Code) {
		e.Kind, e.Err = erpbridge.Refused, fmt.Errorf("%w: check the shop's domain, api.url and api.version, and whether the shop is open", e.Err)
	}
	return err
}

// extensions is what an answer says about its cost.
type extensions struct {
	Cost struct {
		Requested float64 `json:"requestedQueryCost"`
		Throttle  struct {
			Available float64 `json:"currentlyAvailable"`
			Restore   float64 `json:"restoreRate"`
		} `json:"throttleStatus"`
	} `json:"cost"`
}

// graphError is one entry of the errors of an answer.
type graphError struct {
	Message    string `json:"message"`
	Extensions struct {
		Code    string  `json:"code"`
		Cost    float64 `json:"cost"`
		MaxCost float64 `json:"maxCost"`
	} `json:"extensions"`
}

// refusal makes an error of the errors in an answer, which come with the HTTP status
// 200:
//
//	THROTTLED              Throttled, until the cost of the request is restored
//	ACCESS_DENIED          Refused: the token lacks a right
//	SHOP_INACTIVE          Refused
//	MAX_COST_EXCEEDED      *tooCostly: to be asked again, for less
//	INTERNAL_SERVER_ERROR  Transient
//	undefinedField, ...    Refused: the API's version does not have what is asked for
//	any other              Invalid: the API does not understand the question
//
// The texts of the questions are always the same, so that one which does not fit the schema
// says nothing of the order that is asked about: each would be answered so.
//
// What came with the errors is not looked at: a part of an order is no order.
func refusal(op operation, raw jsontext.Value, ext extensions) error {
	var all []graphError
	if err := json.Unmarshal(raw, &all); err != nil || len(all) == 0 {
		all = []graphError{{Message: string(raw)}}
	}
	first := all[0]
	e := &erpbridge.Error{Op: "shopify." + op.name, Code: first.Extensions.Code, Err: errors.New(clip(first.Message))}
	switch code := first.Extensions.Code; {
	case code == "THROTTLED":
		e.Kind, e.After = erpbridge.Throttled, restored(ext)
	case code == "ACCESS_DENIED" || code == "SHOP_INACTIVE":
		e.Kind, e.Err = erpbridge.Refused, fmt.Errorf("%s: check the access token and its scopes", clip(first.Message))
	case code == "MAX_COST_EXCEEDED":
		e.Kind = erpbridge.Invalid
		return &tooCostly{e, first.Extensions.Cost, first.Extensions.MaxCost}
	case code == "INTERNAL_SERVER_ERROR" || code == "TIMEOUT":
		e.Kind = erpbridge.Transient
	case ofSchema(code):
		e.Kind, e.Err = erpbridge.Refused, fmt.Errorf("%s: check api.version, which has to be one that the shop still serves and erpbridge knows, and the scopes of the access token", clip(first.Message))
	default:
		e.Kind = erpbridge.Invalid
	}
	return e
}

// ofSchema reports the codes of a question that does not fit the schema, such as
// undefinedField: they alone are written like this, what becomes of a question that does is
// in capitals.
func ofSchema(code string) bool { return code != "" && code[0] >= 'a' && code[0] <= 'z' }

// restored returns how long it takes until a request's cost is there.
func restored(ext extensions) time.Duration {
	missing, rate := ext.Cost.Requested-ext.Cost.Throttle.Available, ext.Cost.Throttle.Restore
	if missing <= 0 || rate <= 0 {
		return time.Second
	}
	seconds := min(math.Ceil(missing/rate), 60)
	return time.Duration(seconds) * time.Second
}

// A tooCostly error says that a question costs more than any question may.
type tooCostly struct {
	err        *erpbridge.Error
	cost, most float64
}

// Error returns the reason in words.
func (e *tooCostly) Error() string { return e.err.Error() }

// Unwrap returns the error with its kind.
func (e *tooCostly) Unwrap() error { return e.err }

// clip shortens what an API says, and keeps it on one line.
func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 200 {
		return strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}

// gid returns a global id of GraphQL.
func gid(kind, id string) string { return "gid://shopify/" + kind + "/" + id }
