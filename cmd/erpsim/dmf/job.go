package dmf

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"
)

// An Order is a sales order that F&O has.
type Order struct {
	Number    string            `json:"number"`
	Reference string            `json:"reference"`
	Status    string            `json:"status"` // Backorder, Delivered, Invoiced, Canceled
	Header    map[string]string `json:"header"`
	Lines     []*Line           `json:"lines"`
	Writes    int               `json:"writes"` // how often its header was written
}

// A Line is one of its lines.
type Line struct {
	Lot    string            `json:"lot"`
	Amount string            `json:"amount"`
	Fields map[string]string `json:"fields"`
	Writes int               `json:"writes"`
}

// Total returns what the lines come to.
func (o *Order) Total() string {
	sum := new(big.Rat)
	for _, l := range o.Lines {
		if r, ok := new(big.Rat).SetString(l.Amount); ok {
			sum.Add(sum, r)
		}
	}
	return plain(sum)
}

// A complaint is what an import has to say about a record.
type complaint struct {
	RecordID string `json:"RecordId"`
	Field    string `json:"Field"`
	Message  string `json:"ErrorMessage"`
	staging  bool
}

// An execution is an import.
type execution struct {
	id        string
	message   string // of the recurring data job; "" of the package API
	key       string
	blob      *blob
	state     string
	complaint []complaint
	unknown   time.Time // until then it is not known
	asked     map[string]bool
	modes     map[string]map[Kind]Mode // by order
}

// blob is a file in blob storage.
type blob struct {
	signature string
	ends      time.Time // of its address
	put       time.Time
	content   []byte
	there     bool
}

// begin has an import go on in the background. The caller holds mu.
func (s *Server) begin(x *execution) {
	x.asked = map[string]bool{}
	x.modes = map[string]map[Kind]Mode{}
	p, err := read(x.blob.content)
	delay := s.conf.Queue
	if err == nil {
		for _, number := range p.numbers() {
			fired := s.modes.order(number)
			x.modes[number] = fired
			if m, ok := fired[Late]; ok {
				delay += m.Delay
			}
			if m, ok := fired[UnknownFirst]; ok {
				x.unknown = s.conf.Now().Add(m.Delay)
			}
		}
	}
	x.state = "NotRun"
	s.journal.add(Entry{Kind: State, Key: x.key, State: x.state})
	s.later(func(epoch context.Context) {
		if !sleep(epoch, delay) {
			return
		}
		s.turn(x, "Executing")
		if !sleep(epoch, s.conf.Work) {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err == nil {
			err = s.fetched(x)
		}
		state := "Failed"
		if err != nil {
			x.complain("", "", err.Error(), true)
		} else {
			state = s.apply(x, p)
		}
		x.state = state
		s.journal.add(Entry{Kind: State, Key: x.key, State: state})
	})
}

func (s *Server) turn(x *execution, state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.state = state
	s.journal.add(Entry{Kind: State, Key: x.key, State: state})
}

// fetched reports what is wrong with the package when it is fetched from blob storage.
func (s *Server) fetched(x *execution) error {
	gone := !x.blob.there || s.conf.Now().After(x.blob.put.Add(s.conf.BlobLife))
	for _, fired := range x.modes {
		if _, ok := fired[BlobGone]; ok {
			gone = true
		}
	}
	if gone {
		return fmt.Errorf("The specified blob does not exist.") //nolint:staticcheck // Azure's words
	}
	return nil
}

func (x *execution) complain(record, field, text string, staging bool) {
	x.complaint = append(x.complaint, complaint{record, field, text, staging})
}

// numbers are the orders of a package.
func (p *parcel) numbers() []string {
	var out []string
	for _, e := range p.entities {
		for _, r := range e.records {
			if n := r["SALESORDERNUMBER"]; !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// fired reports whether a mode befalls the import of an order.
func (x *execution) fired(number string, k Kind) (Mode, bool) {
	m, ok := x.modes[number][k]
	return m, ok
}

// apply writes the records of a package, level by level, and returns the state it ends in.
func (s *Server) apply(x *execution, p *parcel) string {
	done := 0
	stop := false
	canceled := false
	levels := slices.Clone(p.entities)
	slices.SortStableFunc(levels, func(a, b *entityData) int { return strings.Compare(a.level, b.level) })
	for _, e := range levels {
		if stop {
			for _, r := range e.records {
				x.complain(key(e.element, r), "", "The level was not run, because the level before it has errors.", false)
			}
			continue
		}
		before := len(x.complaint)
		seen := map[string]bool{}
		for i, r := range e.records {
			switch {
			case canceled:
				continue
			case s.write(x, e, r, i, seen):
				done++
			}
			if _, ok := x.fired(r["SALESORDERNUMBER"], Cancel); ok && e.element == "SALESORDERHEADERV2ENTITY" {
				canceled = true
			}
		}
		stop = e.failLevel && len(x.complaint) > before
	}
	if canceled {
		return "Canceled"
	}
	for number := range x.modes {
		if _, ok := x.fired(number, FalseAlarm); ok {
			x.complain(number, "", "The data validation has warnings.", false)
		}
	}
	switch {
	case len(x.complaint) == 0:
		return "Succeeded"
	case done > 0:
		return "PartiallySucceeded"
	}
	return "Failed"
}

// key is what a record of a staging table is known by.
func key(element string, r map[string]string) string {
	if element == "SALESORDERLINEV2ENTITY" {
		return r["INVENTORYLOTID"]
	}
	return r["SALESORDERNUMBER"]
}

// write writes one record, and reports whether it was written.
func (s *Server) write(x *execution, e *entityData, r map[string]string, i int, seen map[string]bool) bool {
	id := key(e.element, r)
	number := r["SALESORDERNUMBER"]
	if field, text := wrong(e.element, r); text != "" {
		x.complain(id, field, text, true)
		return false
	}
	if id != "" && seen[strings.ToUpper(id)] {
		x.complain(id, "", "The record already exists in the staging table.", true)
		return false
	}
	seen[strings.ToUpper(id)] = true
	if _, ok := x.fired(number, FailImport); ok {
		x.complain(id, "", "Cannot edit a record in Sales orders (SalesTable). An update conflict occurred due to another user process (deadlock).", false)
		return false
	}
	if e.element == "SALESORDERHEADERV2ENTITY" {
		return s.writeHeader(x, r)
	}
	return s.writeLine(x, r, i, e)
}

func (s *Server) writeHeader(x *execution, r map[string]string) bool {
	number := r["SALESORDERNUMBER"]
	if !has(s.conf.Customers, r["ORDERINGCUSTOMERACCOUNTNUMBER"]) {
		x.complain(number, "ORDERINGCUSTOMERACCOUNTNUMBER", fmt.Sprintf("The value '%s' in field 'Customer account' is not found in the related table 'Customers'.", r["ORDERINGCUSTOMERACCOUNTNUMBER"]), false)
		return false
	}
	o := s.orders[strings.ToUpper(number)]
	action := "update"
	switch {
	case o == nil:
		o = &Order{Number: number, Status: "Backorder", Header: map[string]string{}}
		s.orders[strings.ToUpper(number)] = o
		action = "create"
	case o.Status != "Backorder":
		x.complain(number, "", fmt.Sprintf("Sales order %s cannot be changed: its status is %s.", number, o.Status), false)
		return false
	case contains(o.Header, r):
		action = "repeat"
	}
	maps.Copy(o.Header, r)
	o.Reference = o.Header["CUSTOMERSORDERREFERENCE"]
	o.Writes++
	s.journal.add(Entry{Kind: Effect, Key: x.key, Order: number, Record: "header", Action: action})
	return true
}

func (s *Server) writeLine(x *execution, r map[string]string, i int, e *entityData) bool {
	number, lot := r["SALESORDERNUMBER"], r["INVENTORYLOTID"]
	o := s.orders[strings.ToUpper(number)]
	if o == nil {
		x.complain(lot, "SALESORDERNUMBER", fmt.Sprintf("The value '%s' in field 'Sales order' is not found in the related table 'Sales orders'.", number), false)
		return false
	}
	if o.Status != "Backorder" {
		x.complain(lot, "", fmt.Sprintf("Sales order %s cannot be changed: its status is %s.", number, o.Status), false)
		return false
	}
	if !has(s.conf.Items, r["ITEMNUMBER"]) {
		x.complain(lot, "ITEMNUMBER", fmt.Sprintf("Item number %s does not exist.", r["ITEMNUMBER"]), false)
		return false
	}
	if lost := s.losing(x, number, i, len(e.records)); lost != "" {
		if lost == "told" {
			x.complain(lot, "ITEMNUMBER", fmt.Sprintf("Item number %s is stopped for sales.", r["ITEMNUMBER"]), false)
		}
		return false
	}
	if owner, taken := s.lots[strings.ToUpper(lot)]; lot != "" && taken && owner != strings.ToUpper(number) {
		x.complain(lot, "INVENTORYLOTID", "The lot id is in use.", false)
		return false
	}
	if lot == "" || e.generatedBy["INVENTORYLOTID"] || s.conf.OwnLots {
		s.next++
		lot = fmt.Sprintf("%06d-LOT", s.next)
	}
	s.lots[strings.ToUpper(lot)] = strings.ToUpper(number)
	s.put(x, o, lot, r, i)
	return true
}

// losing says whether a line is lost, and whether that is told.
func (s *Server) losing(x *execution, number string, i, of int) string {
	if _, ok := x.fired(number, HeaderOnly); ok {
		return "told"
	}
	for kind, how := range map[Kind]string{DropLine: "told", LoseLine: "silent"} {
		m, ok := x.fired(number, kind)
		if ok && (m.Line == i+1 || m.Line == 0 && i == of-1 || m.Line > of && i == of-1) {
			return how
		}
	}
	return ""
}

// put writes a line of an order.
func (s *Server) put(x *execution, o *Order, lot string, r map[string]string, i int) {
	var line *Line
	for _, l := range o.Lines {
		if strings.EqualFold(l.Lot, lot) {
			line = l
		}
	}
	action := "update"
	if line == nil {
		line = &Line{Lot: lot, Fields: map[string]string{}}
		o.Lines = append(o.Lines, line)
		action = "create"
	} else if contains(line.Fields, r) {
		action = "repeat"
	}
	maps.Copy(line.Fields, r)
	worked := amount(line.Fields)
	if _, ok := x.fired(o.Number, Reprice); ok && i == 0 {
		worked.Sub(worked, big.NewRat(1, 2))
	}
	line.Amount = plain(worked)
	line.Writes++
	s.journal.add(Entry{Kind: Effect, Key: x.key, Order: o.Number, Record: lot, Action: action})
}

func contains(all, some map[string]string) bool {
	for k, v := range some {
		if all[k] != v {
			return false
		}
	}
	return true
}
