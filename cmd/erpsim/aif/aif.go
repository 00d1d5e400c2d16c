// Package aif is a simulated Microsoft Dynamics AX 2012: the sales order service of its
// Application Integration Framework, by the HTTP adapter and by the file system adapter.
//
// It behaves as the real one does where a bridge can be hurt by it: a MessageId is taken
// once and remembered; a create is one transaction, whose failure undoes it; faults carry
// AIF's codes, X++ exceptions, or nothing but words; a port that is deployed anew takes
// every port down for a moment; by file, everything is answered later, in a file.
//
// It shares no code with what it tests.
package aif

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
	Seed     uint64
	Faults   Faults
	User     string // for HTTP basic authentication; "" takes anybody
	Password string
	Company  string   // "" takes any
	Items    []string // items that exist; none: any
}

// An Effect is an order that was created.
type Effect struct {
	SalesID, MessageID, Reference string
}

// An Attempt is a message with an order that arrived, whatever became of it.
type Attempt struct {
	MessageID, Reference string
}

// A Company is the simulated legal entity.
type Company struct {
	conf Config

	mishap.Journal[Attempt, Effect]

	mu     sync.Mutex
	dice   *mishap.Dice
	orders map[string]*etree.Element // SalesTables by SalesId
	seen   map[string]bool           // MessageIds
}

// New returns a company without orders.
func New(conf Config) *Company {
	return &Company{
		conf: conf, dice: mishap.New(conf.Seed), orders: map[string]*etree.Element{}, seen: map[string]bool{},
	}
}

// Orders returns the orders by SalesId.
func (c *Company) Orders() map[string]*etree.Element {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[string]*etree.Element, len(c.orders))
	for id, o := range c.orders {
		all[id] = o.Copy()
	}
	return all
}

// Handler serves the port, at any path.
func (c *Company) Handler() http.Handler { return http.HandlerFunc(c.serve) }

// largest is the largest request that is read, in bytes.
const largest = 16 << 20

func (c *Company) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, largest))
	if err != nil {
		return
	}
	if user, password, _ := r.BasicAuth(); c.conf.User != "" && (user != c.conf.User || password != c.conf.Password) {
		page(w, http.StatusUnauthorized, "401 - Unauthorized: Access is denied due to invalid credentials.")
		return
	}
	c.mu.Lock()
	c.Arrive()
	c.arrived(body)
	f := c.conf.Faults
	slow := c.dice.First(mishap.Chance{Name: "slow", P: f.Slow}) != ""
	happens := c.dice.First(f.chances()...)
	c.mu.Unlock()
	if slow {
		time.Sleep(f.SlowBy)
	}
	switch happens {
	case dropBefore:
		panic(http.ErrAbortHandler)
	case htmlPage:
		page(w, http.StatusInternalServerError, "Server Error")
		return
	case deadlock:
		fault(w, problem{said: "Cannot edit a record in Sales orders (SalesTable). The operation cannot be completed.", exception: "4"})
		return
	case restart:
		fault(w, problem{code: "PortNotEnabled", said: "The service port is not enabled."})
		return
	case words:
		fault(w, problem{said: "Request Failed. See the Exception Log for details."})
		return
	}
	c.mu.Lock()
	answer, wrong := c.request(strings.Trim(r.Header.Get("SOAPAction"), `"`), body)
	c.mu.Unlock()
	switch {
	case happens == dropAfter:
		panic(http.ErrAbortHandler)
	case wrong.said != "":
		fault(w, wrong)
	case happens == faultAfter:
		fault(w, problem{said: "Request Failed. See the Exception Log for details."})
	default:
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		_, _ = io.WriteString(w, enveloped(answer))
	}
}

// A problem is what AX has against a message.
type problem struct{ code, exception, said string }

func page(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html><html><body><h2>%s</h2></body></html>", text)
}

func fault(w http.ResponseWriter, p problem) {
	f := etree.NewElement("s:Fault")
	f.CreateElement("faultcode").CreateText("s:Client")
	f.CreateElement("faultstring").CreateText("Request Failed. See the Exception Log for details.")
	aif := f.CreateElement("detail").CreateElement("AifFault")
	aif.CreateAttr("xmlns", "http://schemas.microsoft.com/dynamics/2008/01/documents/Fault")
	message := aif.CreateElement("FaultMessageListArray").CreateElement("FaultMessageList").CreateElement("FaultMessageArray").CreateElement("FaultMessage")
	message.CreateElement("Code").CreateText(p.code)
	message.CreateElement("Message").CreateText(p.said)
	if p.exception != "" {
		aif.CreateElement("XppExceptionType").CreateText(p.exception)
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = io.WriteString(w, enveloped(serialized(f)))
}

func enveloped(content string) string {
	return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` + content + `</s:Body></s:Envelope>`
}

func serialized(el *etree.Element) string {
	doc := etree.NewDocument()
	doc.SetRoot(el)
	s, _ := doc.WriteToString()
	return s
}
