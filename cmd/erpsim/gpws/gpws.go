// Package gpws is a simulated Microsoft Dynamics GP: the sales orders of one company,
// behind the legacy web service's SOAP endpoint.
//
// It behaves as the real one does where a bridge can be hurt by it: one document per
// request; an answer to a create that says nothing; a number that is taken once; faults
// that are words in the caller's language, with a GUID for the administrator and without a
// code; a fault although the order was booked; numbers whose decimals must be those the
// currency and items are set up with; sums that are its own; and an update that leaves what
// it does not tell of as it was.
//
// It shares no code with what it tests. What arrived and what took effect is journaled:
// Attempts and Effects.
package gpws

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// Config is what the company is set up with.
type Config struct {
	Seed          uint64
	Faults        Faults
	User          string // for HTTP basic authentication; "" takes anybody
	Password      string
	Company       string            // its id; "" takes any
	Items         []string          // items that exist; none: any
	Customers     []string          // customers that exist; none: any
	PriceDecimals map[string]string // by currency; 2 where it says nothing
	Quantity      string            // decimals of quantities; "0"
}

// An Effect is a change in GP's books.
type Effect struct {
	At      time.Time
	Op      string // CreateSalesOrder, UpdateSalesOrder, VoidSalesOrder
	Number  string
	Marker  string // IntegrationId
	Note    string
	Total   string // what GP comes to
	Request int    // the number of the request that had it
}

// An Attempt is a request for a change that arrived, whatever became of it.
type Attempt struct {
	Op, Number, Reference, Marker, Note string
}

// An Order is a sales order as GP has it.
type Order struct {
	Number, Reference, Marker, Customer, PO, Currency, Note string

	Total    string
	Lines    map[string]*etree.Element // by sequence number
	Voided   bool
	document *etree.Element
}

// A Company is the simulated company.
type Company struct {
	conf Config

	mishap.Journal[Attempt, Effect]

	mu     sync.Mutex
	dice   *mishap.Dice
	orders map[string]*Order
}

// New returns a company without orders.
func New(conf Config) *Company {
	return &Company{conf: conf, dice: mishap.New(conf.Seed), orders: map[string]*Order{}}
}

// SetFaults changes what goes wrong from now on.
func (c *Company) SetFaults(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conf.Faults = f
}

// Orders returns the orders by number.
func (c *Company) Orders() map[string]Order {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[string]Order, len(c.orders))
	for n, o := range c.orders {
		all[n] = *o
	}
	return all
}

// largest is the largest request that is read, in bytes.
const largest = 16 << 20

// Handler serves the endpoint, at any path.
func (c *Company) Handler() http.Handler { return http.HandlerFunc(c.serve) }

func (c *Company) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, largest))
	if err != nil {
		return
	}
	if user, password, _ := r.BasicAuth(); c.conf.User != "" && (user != c.conf.User || password != c.conf.Password) {
		page(w, http.StatusUnauthorized, "401 - Unauthorized: Access is denied due to invalid credentials.")
		return
	}
	if r.Method != http.MethodPost {
		page(w, http.StatusOK, "DynamicsGPService")
		return
	}
	c.answer(w, r, body)
}

// answer books under one lock, as SQL Server would, and fails as it is told to.
func (c *Company) answer(w http.ResponseWriter, r *http.Request, body []byte) {
	c.mu.Lock()
	request := c.Arrive()
	c.arrived(body)
	f := c.conf.Faults
	slow := c.dice.First(mishap.Chance{Name: "slow", P: f.Slow}) != ""
	happens := c.dice.First(f.chances()...)
	c.mu.Unlock()

	if slow {
		time.Sleep(f.SlowBy)
	}
	switch happens {
	case busy:
		w.Header().Set("Retry-After", "1")
		page(w, http.StatusServiceUnavailable, "The service is unavailable.")
		return
	case dropBefore:
		panic(http.ErrAbortHandler)
	case htmlPage:
		page(w, http.StatusInternalServerError, "Server Error in '/DynamicsGPWebServices' Application.")
		return
	case deadlock:
		fault(w, "Transaction (Process ID 61) was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.")
		return
	case unhandled:
		fault(w, unhandledText)
		return
	}
	c.mu.Lock()
	answer, problem := c.request(request, strings.Trim(r.Header.Get("SOAPAction"), `"`), r.Header.Get("Content-Type"), body)
	c.mu.Unlock()
	switch {
	case happens == dropAfter:
		panic(http.ErrAbortHandler)
	case problem != "":
		fault(w, problem)
	case happens == faultAfter:
		fault(w, unhandledText)
	default:
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		_, _ = io.WriteString(w, envelope(answer))
	}
}

const unhandledText = "The application encountered an unhandled system exception. Contact your system administrator for details."

func page(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html><html><head><title>%d</title></head><body><h2>%s</h2></body></html>", status, text)
}

func fault(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	doc := etree.NewDocument()
	f := doc.CreateElement("soap:Fault")
	f.CreateElement("faultcode").CreateText("soap:Server")
	f.CreateElement("faultstring").CreateText(text)
	f.CreateElement("detail").CreateElement("ExceptionId").CreateText("7d0a4b0e-3f5a-4b1e-9a57-2f1c0a9f1c11")
	s, _ := doc.WriteToString()
	_, _ = io.WriteString(w, envelope(s))
}

func envelope(content string) string {
	return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soap:Body>` + content + `</soap:Body></soap:Envelope>`
}
