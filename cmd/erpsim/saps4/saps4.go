// Package saps4 is a simulated SAP S/4HANA: the asynchronous SOAP services for orders and
// business partners, the OData service that reads orders back, and the confirmations it
// sends.
//
// It behaves as the real one does where a bridge can be hurt by it: 202 without a body
// means that a message is stored, not that it is booked; a message's id is taken once; an
// order is known by its PurchaseOrderID, and the same again changes it; messages can be
// lost after the 202; faults say nothing but a transaction id; errors of the login are
// pages; a time-out of the web server comes while the work goes on.
//
// It shares no code with what it tests.
package saps4

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge/cmd/erpsim/callback"
	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// Config is how the system is set up.
type Config struct {
	Seed      uint64
	Faults    Faults
	User      string // for HTTP basic authentication; "" takes anybody
	Password  string
	Recipient string // the business system it is; "" takes any
	Materials []string
	// NoTexts: the header texts of orders are not kept, as where no text type is set up for
	// them.
	NoTexts bool
	// Confirmations go to this URL, with this login; "": none are sent.
	ConfirmURL, ConfirmUser, ConfirmPassword string
}

// An Order is a sales order.
type Order struct {
	Number, Reference, SoldTo, Text string

	Items     []Item
	Cancelled bool
	Changed   time.Time // by whatever was last
}

// An Item is one line of it.
type Item struct{ Product, Quantity, Amount string }

// An Effect is a change in S/4's books.
type Effect struct {
	Op, Reference, MessageID string
	Text                     string // the order's
}

// An Attempt is a message that arrived, whatever became of it.
type Attempt struct {
	Kind      string // OrderRequest, or that of business partners
	Reference string // the order's, or the partner's UUID
	Action    string // ActionCode
	MessageID string
	Text      string // the order's
}

// A System is the simulated S/4HANA.
type System struct {
	conf Config

	mishap.Journal[Attempt, Effect]

	outgoing *callback.Queue // confirmations not yet sent

	mu       sync.Mutex
	dice     *mishap.Dice
	seen     map[string]bool // message ids
	stored   []*etree.Element
	ids      []string // of the stored ones
	orders   map[string]*Order
	partners map[string]string // BusinessPartnerID by UUID
	// confirmations counts those about orders: each is a message of its own.
	confirmations int
}

// New returns a system without orders.
func New(conf Config) *System {
	return &System{
		conf: conf, outgoing: callback.New(conf.ConfirmURL, conf.ConfirmUser, conf.ConfirmPassword),
		dice: mishap.New(conf.Seed), seen: map[string]bool{}, orders: map[string]*Order{}, partners: map[string]string{},
	}
}

// ConfirmTo says where confirmations go from now on.
func (s *System) ConfirmTo(url string) { s.outgoing.To(url) }

// Orders returns the orders by reference.
func (s *System) Orders() map[string]Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]Order, len(s.orders))
	for ref, o := range s.orders {
		all[ref] = *o
	}
	return all
}

// Handler serves the services: the SOAP ones at any path, OData below /odata/.
func (s *System) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /odata/A_SalesOrder", s.odata)
	mux.HandleFunc("POST /", s.soap)
	return mux
}

func (s *System) allowed(w http.ResponseWriter, r *http.Request) bool {
	if user, password, _ := r.BasicAuth(); s.conf.User != "" && (user != s.conf.User || password != s.conf.Password) {
		page(w, http.StatusUnauthorized, "Logon failed")
		return false
	}
	return true
}

// largest is the largest request that is read, in bytes.
const largest = 16 << 20

func (s *System) soap(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, largest))
	if err != nil || !s.allowed(w, r) {
		return
	}
	s.mu.Lock()
	s.Arrive()
	s.arrived(body)
	f := s.conf.Faults
	slow := s.dice.First(mishap.Chance{Name: "slow", P: f.Slow}) != ""
	happens := s.dice.First(f.chances()...)
	s.mu.Unlock()
	if slow {
		time.Sleep(f.SlowBy)
	}
	switch happens {
	case dropBefore:
		panic(http.ErrAbortHandler)
	case overload:
		w.Header().Set("Retry-After", "1")
		page(w, http.StatusServiceUnavailable, "Server overload")
		return
	case htmlPage:
		page(w, http.StatusInternalServerError, "Application Server Error")
		return
	case generic:
		fault(w)
		return
	}
	s.mu.Lock()
	wrong := s.store(strings.Trim(r.Header.Get("SOAPAction"), `"`), r.Header.Get("Content-Type"), body, happens == lost)
	if wrong != "" {
		s.Object("%s", wrong)
	}
	s.mu.Unlock()
	switch {
	case happens == dropAfter:
		panic(http.ErrAbortHandler)
	case happens == timeOut:
		page(w, http.StatusInternalServerError, "500 Connection timed out")
	case wrong != "":
		fault(w)
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

func page(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<html><head><title>%s</title></head><body><h1>%s</h1></body></html>", text, text)
}

func fault(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = io.WriteString(w, `<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/"><soap-env:Header/><soap-env:Body><soap-env:Fault>`+
		`<faultcode>soap-env:Server</faultcode><faultstring xml:lang="en">Web service processing error; more details in the web service error log on provider side (Transaction ID 8983FE51F96F0070E0060F4D726A6BCC)</faultstring><detail/>`+
		`</soap-env:Fault></soap-env:Body></soap-env:Envelope>`)
}

// odata answers the one question that is asked: which orders have a reference.
func (s *System) odata(w http.ResponseWriter, r *http.Request) {
	if !s.allowed(w, r) {
		return
	}
	ref, ok := strings.CutPrefix(r.URL.Query().Get("$filter"), "PurchaseOrderByCustomer eq '")
	ref, end := strings.CutSuffix(ref, "'")
	if !ok || !end {
		http.Error(w, `{"error":{"code":"005056A509B11EE1B9A8FEC11C21578E","message":{"lang":"en","value":"Invalid query"}}}`, http.StatusBadRequest)
		return
	}
	results := []row{}
	s.mu.Lock()
	if o := s.orders[strings.ReplaceAll(ref, "''", "'")]; o != nil {
		results = append(results, s.shown(o, r.URL.Query().Get("$expand")))
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"d": map[string]any{"results": results}})
}

// A row is an order as OData shows it; what is not expanded is deferred.
type row struct {
	SalesOrder, TotalNetAmount, LastChangeDateTime, OverallSDDocumentRejectionSts string

	Items map[string]any `json:"to_Item"`
	Texts map[string]any `json:"to_Text"`
}

// shown is called under the lock.
func (s *System) shown(o *Order, expand string) row {
	deferred := func() map[string]any { return map[string]any{"__deferred": map[string]string{}} }
	r := row{
		SalesOrder: o.Number, TotalNetAmount: o.Total(), LastChangeDateTime: fmt.Sprintf("/Date(%d+0000)/", o.Changed.UnixMilli()),
		OverallSDDocumentRejectionSts: "A", Items: deferred(), Texts: deferred(),
	}
	if o.Cancelled {
		r.OverallSDDocumentRejectionSts = "C"
	}
	for _, part := range strings.Split(expand, ",") {
		switch part {
		case "to_Item":
			items := []map[string]string{}
			for i, it := range o.Items {
				items = append(items, map[string]string{
					"SalesOrderItem": fmt.Sprint((i + 1) * 10), "HigherLevelItem": "0", "Material": it.Product, "RequestedQuantity": it.Quantity, "NetAmount": it.Amount,
				})
			}
			r.Items = map[string]any{"results": items}
		case "to_Text":
			texts := []map[string]string{}
			if o.Text != "" && !s.conf.NoTexts {
				texts = append(texts, map[string]string{"Language": "EN", "LongTextID": "TX01", "LongText": o.Text})
			}
			r.Texts = map[string]any{"results": texts}
		}
	}
	return r
}

// Send sends the confirmations that are due. One that is not taken stays due.
func (s *System) Send() error { return s.outgoing.Send() }
