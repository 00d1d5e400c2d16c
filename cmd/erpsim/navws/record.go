package navws

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

// A Record is what the company holds of an order, credit memo, customer or posted invoice.
type Record struct {
	Page   string              `json:"page"`
	No     string              `json:"no"`
	Fields map[string]string   `json:"fields"`
	Lines  []map[string]string `json:"lines,omitempty"`
	// Total is the sum of the lines' amounts.
	Total     string    `json:"total,omitempty"`
	Reference string    `json:"reference,omitempty"` // its external document number
	CreatedAt time.Time `json:"createdAt"`
	Changes   int       `json:"changes"` // how often it was changed since

	stamp int
}

func (r *Record) key() string { return fmt.Sprintf("32;%s;%s;%d", r.Page, r.No, r.stamp) }

func (r *Record) clone() Record {
	c := *r
	c.Fields = maps.Clone(r.Fields)
	c.Lines = nil
	for _, l := range r.Lines {
		c.Lines = append(c.Lines, maps.Clone(l))
	}
	return c
}

// read takes the fields of a message for those of a page: in order, of their types, not
// too long. What the page does not know is dropped.
func (s *Server) read(n *node, fields []field) (map[string]string, *fault) {
	values := map[string]string{}
	last := -1
	for _, c := range n.children {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == c.name })
		if i < 0 {
			s.state.DroppedFields++
			continue
		}
		if i <= last {
			return nil, &fault{"DeserializationFailed", fmt.Sprintf("The element %s is not expected here.", c.name)}
		}
		last = i
		v, f := s.readField(fields[i], c.text)
		if f != nil {
			return nil, f
		}
		values[c.name] = v
	}
	return values, nil
}

func (s *Server) readField(f field, text string) (string, *fault) {
	v := strings.TrimSpace(text)
	bad := &fault{"DeserializationFailed", fmt.Sprintf("There is an error in XML document: %s is no %s for %s.", v, f.typ, f.name)}
	switch {
	case len(f.options) > 0:
		if !slices.Contains(f.options, v) {
			return "", bad
		}
		return v, nil
	case f.typ == "code", f.typ == "string":
		if n := len(utf16.Encode([]rune(text))); f.length > 0 && n > f.length {
			return "", s.saying(tooLong, n, f.length, text)
		}
		if f.typ == "code" {
			return strings.ToUpper(v), nil
		}
		return text, nil
	case f.typ == "date":
		if _, err := time.Parse(time.DateOnly, v); err != nil {
			return "", bad
		}
	case f.typ == "boolean":
		if !slices.Contains([]string{"true", "false", "1", "0"}, v) {
			return "", bad
		}
	default: // decimal, int
		if _, err := number(v); err != nil || v == "" {
			return "", bad
		}
	}
	return v, nil
}

// create makes records of a page, all or none. headerOnly leaves their lines out, as AL
// code that goes wrong does.
func (s *Server) create(p *page, nodes []*node, headerOnly bool) ([]*Record, *fault) {
	var made []*Record
	series := s.series[p.service]
	for _, n := range nodes {
		r, f := s.build(p, n, headerOnly)
		if f == nil {
			f = s.number(p, r, made)
		}
		if f != nil {
			s.series[p.service] = series
			return nil, f
		}
		made = append(made, r)
	}
	for _, r := range made {
		s.stamp++
		r.stamp = s.stamp
		s.state.Creates++
		if r.Reference != "" && slices.ContainsFunc(s.records[p.service], func(o *Record) bool { return o.Reference == r.Reference }) {
			s.state.Duplicates++
		}
		s.records[p.service] = append(s.records[p.service], r)
	}
	return made, nil
}

// number gives a record its number, from the series or its own.
func (s *Server) number(p *page, r *Record, before []*Record) *fault {
	r.No = r.Fields["No"]
	if r.No == "" && p.series == "" {
		return dialog("No. must have a value in %s. It cannot be zero or empty.", p.table)
	}
	if r.No == "" {
		s.series[p.service]++
		r.No = fmt.Sprintf("%s%06d", p.series, s.series[p.service])
		r.Fields["No"] = r.No
	}
	same := func(o *Record) bool { return o.No == r.No }
	if slices.ContainsFunc(s.records[p.service], same) || slices.ContainsFunc(before, same) {
		return s.saying(exists, p.table, r.No)
	}
	return nil
}

func (s *Server) build(p *page, n *node, headerOnly bool) (*Record, *fault) {
	head := &node{}
	var lines *node
	for i, c := range n.children {
		if p.lines != "" && c.name == p.lines {
			if i != len(n.children)-1 {
				return nil, &fault{"DeserializationFailed", "The element " + p.lines + " is not the last."}
			}
			lines = c
			continue
		}
		head.children = append(head.children, c)
	}
	fields, f := s.read(head, p.fields)
	if f != nil {
		return nil, f
	}
	delete(fields, "Key")
	r := &Record{Page: p.service, Fields: fields, Reference: fields["External_Document_No"], CreatedAt: s.conf.Now()}
	if f := s.validate(p, r); f != nil {
		return nil, f
	}
	if lines != nil && !headerOnly {
		if f := s.addLines(p, r, lines); f != nil {
			return nil, f
		}
	}
	return r, nil
}

// validate is what the tables demand of a header.
func (s *Server) validate(p *page, r *Record) *fault {
	if p.lines == "" {
		return nil
	}
	who := r.Fields["Sell_to_Customer_No"]
	if who == "" {
		return &fault{"Types.Exceptions.NavTestFieldException", "Sell-to Customer No. must have a value in Sales Header: Document Type=Order. It cannot be zero or empty."}
	}
	known := len(s.conf.Customers) == 0 || slices.Contains(s.conf.Customers, who)
	known = known || slices.ContainsFunc(s.records["Customer"], func(c *Record) bool { return c.No == who })
	if !known {
		return s.saying(unrelated, "Sell-to Customer No.", p.table, who, "Customer")
	}
	if code := r.Fields["Currency_Code"]; code == s.conf.LocalCurrency {
		return s.saying(unrelated, "Currency Code", p.table, code, "Currency")
	}
	if _, set := r.Fields["Status"]; !set {
		r.Fields["Status"] = "Open"
	}
	return nil
}

// addLines adds lines to a record and reckons them.
func (s *Server) addLines(p *page, r *Record, lines *node) *fault {
	for _, n := range lines.children {
		if n.name != p.line {
			return &fault{"DeserializationFailed", "The element " + n.name + " is not expected here."}
		}
		l, f := s.read(n, p.lineOf)
		if f != nil {
			return f
		}
		if key := l["Key"]; key != "" {
			return dialog("This server changes no single lines.")
		}
		if f := s.reckon(r, l); f != nil {
			return f
		}
		l["Line_No"] = fmt.Sprint(10000 * (len(r.Lines) + 1))
		r.Lines = append(r.Lines, l)
	}
	return s.total(r)
}

// reckon works a line's amount out.
func (s *Server) reckon(r *Record, l map[string]string) *fault {
	switch l["Type"] {
	case "", "_blank_":
		if l["No"] != "" || l["Quantity"] != "" {
			return dialog("Type must not be blank in Sales Line.")
		}
		return nil
	case "Item":
		if len(s.conf.Items) > 0 && !slices.Contains(s.conf.Items, l["No"]) {
			return s.saying(unrelated, "No.", "Sales Line", l["No"], "Item")
		}
	case "G_L_Account":
		if len(s.conf.Accounts) > 0 && !slices.Contains(s.conf.Accounts, l["No"]) {
			return s.saying(unrelated, "No.", "Sales Line", l["No"], "G/L Account")
		}
	}
	if l["No"] == "" {
		return &fault{"Types.Exceptions.NavTestFieldException", "No. must have a value in Sales Line. It cannot be zero or empty."}
	}
	q, _ := number(l["Quantity"])
	unit, _ := number(l["Unit_Price"])
	off, _ := number(l["Line_Discount_Amount"])
	if off.Sign() < 0 {
		return dialog("Line Discount Amount must be positive.")
	}
	places := digits(cmp.Or(r.Fields["Currency_Code"], s.conf.LocalCurrency))
	amount := rounded(new(big.Rat).Mul(q, rounded(unit, 5)), places)
	amount.Sub(amount, off)
	if rounded(amount, places).Cmp(amount) != 0 {
		return dialog("The amount is finer than the currency.")
	}
	l["Line_Amount"] = plain(amount)
	l["Quantity_Shipped"], l["Quantity_Invoiced"] = cmp.Or(l["Quantity_Shipped"], "0"), cmp.Or(l["Quantity_Invoiced"], "0")
	return nil
}

func (s *Server) total(r *Record) *fault {
	sum := new(big.Rat)
	for _, l := range r.Lines {
		a, err := number(l["Line_Amount"])
		if err != nil {
			return dialog("%v", err)
		}
		sum.Add(sum, a)
	}
	r.Total = sum.FloatString(digits(cmp.Or(r.Fields["Currency_Code"], s.conf.LocalCurrency)))
	return nil
}

// keyed finds a record by its key, which must be its latest.
func (s *Server) keyed(p *page, key string) (*Record, *fault) {
	parts := strings.Split(key, ";")
	for _, r := range s.records[p.service] {
		if len(parts) == 4 && r.No == parts[2] {
			if r.key() != key {
				return nil, s.saying(modified, p.table, r.No)
			}
			return r, nil
		}
	}
	return nil, s.saying(absent, p.table, key)
}

// update changes a record: its fields, and lines that are added.
func (s *Server) update(p *page, n *node) (*Record, *fault) {
	r, f := s.keyed(p, n.value("Key"))
	if f != nil {
		return nil, f
	}
	if p.lines != "" && r.Fields["Status"] == "Released" {
		return nil, &fault{"Types.Exceptions.NavTestFieldException", "Status must be equal to 'Open' in Sales Header: Document Type=Order, No.=" + r.No + ". Current value is 'Released'."}
	}
	changed := r.clone()
	head := &node{}
	for _, c := range n.children {
		if p.lines != "" && c.name == p.lines {
			if f := s.addLines(p, &changed, c); f != nil {
				return nil, f
			}
			continue
		}
		head.children = append(head.children, c)
	}
	fields, f := s.read(head, p.fields)
	if f != nil {
		return nil, f
	}
	delete(fields, "Key")
	maps.Copy(changed.Fields, fields)
	changed.Reference = changed.Fields["External_Document_No"]
	s.stamp++
	changed.stamp = s.stamp
	changed.Changes++
	*r = changed
	s.state.Updates++
	return r, nil
}

// remove deletes a record.
func (s *Server) remove(p *page, key string) (*Record, *fault) {
	r, f := s.keyed(p, key)
	if f != nil {
		return nil, f
	}
	for _, l := range r.Lines {
		if q, err := number(l["Quantity_Shipped"]); err == nil && q.Sign() != 0 {
			return nil, dialog("You cannot delete the order line because it is associated with a shipment.")
		}
	}
	s.records[p.service] = slices.DeleteFunc(s.records[p.service], func(o *Record) bool { return o == r })
	s.state.Deletes++
	return r, nil
}

// content writes a record as an answer has it.
func (p *page) content(r *Record, withLines bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<%s><Key>%s</Key>", p.service, escape(r.key()))
	for _, f := range p.fields[1:] {
		if v, ok := r.Fields[f.name]; ok && v != "" {
			fmt.Fprintf(&b, "<%s>%s</%s>", f.name, escape(v), f.name)
		}
	}
	if withLines && len(r.Lines) > 0 {
		fmt.Fprintf(&b, "<%s>", p.lines)
		for i, l := range r.Lines {
			fmt.Fprintf(&b, "<%s><Key>%s</Key>", p.line, escape(fmt.Sprintf("%s;%d", r.key(), i)))
			for _, f := range p.lineOf[1:] {
				if v, ok := l[f.name]; ok && v != "" {
					fmt.Fprintf(&b, "<%s>%s</%s>", f.name, escape(v), f.name)
				}
			}
			fmt.Fprintf(&b, "</%s>", p.line)
		}
		fmt.Fprintf(&b, "</%s>", p.lines)
	}
	fmt.Fprintf(&b, "</%s>", p.service)
	return b.String()
}
