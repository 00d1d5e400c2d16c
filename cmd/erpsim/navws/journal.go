package navws

import (
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// An EntryKind is what an Entry tells of.
type EntryKind string

// The kinds of entry.
const (
	Arrival EntryKind = "arrival" // a request came
	Effect  EntryKind = "effect"  // a record was created, changed or deleted
	Answer  EntryKind = "answer"  // a request was answered, or its connection cut
)

// An Entry is one line of the journal.
type Entry struct {
	Seq  int       `json:"seq"`
	Time time.Time `json:"time"`
	Kind EntryKind `json:"kind"`
	// Request is the Seq of the request's arrival.
	Request int `json:"request"`

	// Of an arrival.
	Page       string   `json:"page,omitempty"`
	Operation  string   `json:"operation,omitempty"` // "" if it was not understood
	References []string `json:"references,omitempty"`
	Bytes      int      `json:"bytes,omitempty"`

	// Of an effect.
	Action string  `json:"action,omitempty"` // create, update, delete
	Late   bool    `json:"late,omitempty"`   // after the connection was cut
	Record *Record `json:"record,omitempty"`

	// Of an answer.
	Status  int    `json:"status,omitempty"` // 0 if nothing was sent
	Dropped bool   `json:"dropped,omitempty"`
	Fault   string `json:"fault,omitempty"`
	Mode    Kind   `json:"mode,omitempty"`
}

// A State counts what happened since the beginning or the last reset.
type State struct {
	Requests      int `json:"requests"` // but for those of a WSDL
	WSDLs         int `json:"wsdls"`
	Reads         int `json:"reads"`
	Creates       int `json:"creates"` // records
	Updates       int `json:"updates"`
	Deletes       int `json:"deletes"`
	Duplicates    int `json:"duplicates"` // records created with a reference that another one has
	LateEffects   int `json:"lateEffects"`
	DroppedFields int `json:"droppedFields"` // elements that no field takes
	Faults        int `json:"faults"`
	Dropped       int `json:"dropped"` // answers nobody got
	Throttled     int `json:"throttled"`
	Refused       int `json:"refused"`
	Tokens        int `json:"tokens"` // issued

	Orders      int `json:"orders"` // held
	CreditMemos int `json:"creditMemos"`
	Customers   int `json:"customers"`
	Posted      int `json:"posted"`

	InFlight       int `json:"inFlight"`
	MaxConcurrency int `json:"maxConcurrency"`
}

// State returns the counts as they are now.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.state
	st.Orders, st.CreditMemos = len(s.records["SalesOrder"]), len(s.records["SalesCreditMemo"])
	st.Customers, st.Posted = len(s.records["Customer"]), len(s.records["PostedSalesInvoice"])+len(s.records["PostedSalesCreditMemo"])
	return st
}

// Records returns the records of a page, or of all, oldest first.
func (s *Server) Records(service string) []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Record
	for _, name := range []string{"Customer", "SalesOrder", "SalesCreditMemo", "PostedSalesInvoice", "PostedSalesCreditMemo"} {
		if service != "" && service != name {
			continue
		}
		for _, r := range s.records[name] {
			out = append(out, r.clone())
		}
	}
	return out
}

// Journal returns the entries up to now.
func (s *Server) Journal() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.journal)
}

// note writes an entry. The caller holds the lock.
func (s *Server) note(e Entry) int {
	e.Seq, e.Time = len(s.journal)+1, s.conf.Now()
	if e.Kind == Arrival {
		e.Request = e.Seq
	}
	s.journal = append(s.journal, e)
	if s.conf.Journal != nil {
		if line, err := json.Marshal(e); err == nil {
			_, err = s.conf.Journal.Write(append(line, '\n'))
			s.unwritten = errors.Join(s.unwritten, err)
		}
	}
	return e.Seq
}

func (s *Server) effect(request int, action string, late bool, r *Record) {
	c := r.clone()
	if late {
		s.state.LateEffects++
	}
	s.note(Entry{Kind: Effect, Request: request, Action: action, Late: late, Record: &c})
}

// Post posts an order or credit memo: it leaves its page, and a posted document keeps its
// references. It reports whether there was one.
func (s *Server) Post(no string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for from, to := range map[string]string{"SalesOrder": "PostedSalesInvoice", "SalesCreditMemo": "PostedSalesCreditMemo"} {
		i := slices.IndexFunc(s.records[from], func(r *Record) bool { return r.No == no })
		if i < 0 {
			continue
		}
		was := s.records[from][i]
		s.records[from] = slices.Delete(s.records[from], i, i+1)
		s.stamp++
		r := &Record{
			Page: to, No: "P" + no, Total: was.Total, Reference: was.Reference, CreatedAt: s.conf.Now(), stamp: s.stamp,
			Fields: map[string]string{"No": "P" + no, "Order_No": no},
		}
		for _, name := range []string{"Sell_to_Customer_No", "External_Document_No", "Your_Reference"} {
			r.Fields[name] = was.Fields[name]
		}
		s.records[to] = append(s.records[to], r)
		return true
	}
	return false
}

// Change sets fields of a record, and of its lines those with a dot before their name, as
// a clerk does. It reports whether there was one.
func (s *Server) Change(service, no string, fields map[string]string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.records[service] {
		if r.No != no {
			continue
		}
		for name, v := range fields {
			if name[0] != '.' {
				r.Fields[name] = v
				continue
			}
			for _, l := range r.Lines {
				l[name[1:]] = v
			}
		}
		s.stamp++
		r.stamp = s.stamp
		return true
	}
	return false
}

// DropLine deletes the last line of a record, as a clerk does. It reports whether there
// was one.
func (s *Server) DropLine(service, no string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.records[service], func(r *Record) bool { return r.No == no })
	if i < 0 || len(s.records[service][i].Lines) == 0 {
		return false
	}
	r := s.records[service][i]
	r.Lines = r.Lines[:len(r.Lines)-1]
	s.stamp++
	r.stamp = s.stamp
	return s.total(r) == nil
}
