package check

import (
	"bufio"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// An entry is one line of the simulated ERP's journal, as far as it matters here.
type entry struct {
	Seq     int64     `json:"seq"`
	Time    time.Time `json:"time"`
	Kind    string    `json:"kind"`    // arrival, effect or answer
	Request int64     `json:"request"` // the Seq of the request's arrival
	Action  string    `json:"action"`
	Record  *stored   `json:"record"`
}

// stored is a record as the ERP holds it.
type stored struct {
	Type       string `json:"type"`
	InternalID string `json:"internalId"`
	ExternalID string `json:"externalId"`
	Total      string `json:"total"`
	Content    string `json:"content"`
}

// readERP shows the ERP's journal line by line. A torn last line is dropped.
func readERP(r io.Reader, see func(*entry)) error {
	in := bufio.NewReaderSize(r, 1<<20)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		var e entry
		if err == nil {
			err = json.Unmarshal(line, &e)
		}
		if err == nil && e.Kind == "effect" && e.Record == nil {
			err = errors.New("an effect without its record")
		}
		if err != nil {
			return fmt.Errorf("line %d of the ERP's journal: %w", n, err)
		}
		see(&e)
	}
}

// content is a record's XML, read flat: the texts of the record's own elements, the
// references, the addresses, and the lines of its list.
type content struct {
	own   map[string]string            // text, or externalId of a reference
	ids   map[string]string            // internalId of a reference
	parts map[string]map[string]string // of billingAddress, shippingAddress
	lines []map[string]string
}

// readContent reads the XML of a record. Names are told by their local part alone.
func readContent(text string) (content, error) {
	c := content{own: map[string]string{}, ids: map[string]string{}, parts: map[string]map[string]string{}}
	dec := xml.NewDecoder(strings.NewReader(text))
	var path []string // below the record
	var chars strings.Builder
	began := false
	for {
		t, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return c, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			chars.Reset()
			if !began {
				began = t.Name.Local == "record"
				continue
			}
			path = append(path, t.Name.Local)
			c.begin(path, t.Attr)
		case xml.CharData:
			chars.Write(t)
		case xml.EndElement:
			if len(path) == 0 {
				continue
			}
			c.end(path, chars.String())
			chars.Reset()
			path = path[:len(path)-1]
		}
	}
}

func (c *content) begin(path []string, attrs []xml.Attr) {
	name := path[len(path)-1]
	if len(path) == 2 && path[0] == "itemList" {
		c.lines = append(c.lines, map[string]string{})
	}
	for _, a := range attrs {
		switch {
		case len(path) == 1 && a.Name.Local == "externalId":
			c.own[name] = a.Value
		case len(path) == 1 && a.Name.Local == "internalId":
			c.ids[name] = a.Value
		case len(path) == 3 && path[0] == "itemList" && a.Name.Local == "internalId":
			c.lines[len(c.lines)-1][name] = a.Value
		}
	}
}

func (c *content) end(path []string, text string) {
	name := path[len(path)-1]
	switch {
	case text == "":
	case len(path) == 1:
		c.own[name] = text
	case len(path) == 3 && path[0] == "itemList":
		c.lines[len(c.lines)-1][name] = text
	case len(path) == 2:
		if c.parts[path[0]] == nil {
			c.parts[path[0]] = map[string]string{}
		}
		c.parts[path[0]][name] = text
	}
}

// resolve gives references by internal id the external ids that belong to them, where
// they are known.
func (c *content) resolve(names map[string]string) {
	for _, ref := range []string{"entity", "customer", "salesOrder"} {
		if id := c.ids[ref]; c.own[ref] == "" && id != "" {
			c.own[ref] = cmp.Or(names[id], "internal id "+id)
		}
	}
}

// held returns the values that a record of the ERP has, in the order of fieldNames.
// names are the external ids of its records by internal id.
func held(acct Account, k kind, total, text string, names map[string]string) ([]string, error) {
	c, err := readContent(text)
	if err != nil {
		return nil, fmt.Errorf("its content cannot be read: %w", err)
	}
	c.resolve(names)
	currency := ""
	for _, id := range acct.Currencies {
		if c.ids["currency"] == id {
			currency = id
		}
	}
	switch k {
	case salesOrder:
		return c.salesOrder(acct, total, currency), nil
	case customer:
		return []string{c.own["lastName"], c.own["firstName"], c.own["companyName"], c.own["email"], c.own["phone"], unmark(c.own["comments"]), currency}, nil
	default:
		return []string{canonicalDecimal(c.own["payment"]), currency, unmark(c.own["memo"]), c.own["customer"], c.own["salesOrder"]}, nil
	}
}

func (c *content) salesOrder(acct Account, total, currency string) []string {
	first, tax := map[string]string{}, ""
	if len(c.lines) > 0 {
		first = c.lines[0]
	}
	if len(c.lines) > 1 {
		tax = canonicalDecimal(c.lines[1]["amount"])
	}
	item := ""
	if acct.Items != nil {
		item = first["item"]
	}
	closed := "false"
	for i, l := range c.lines {
		switch is := l["isClosed"] == "true"; {
		case i == 0:
			closed = fmt.Sprint(is)
		case fmt.Sprint(is) != closed:
			closed = "some lines are"
		}
	}
	shipping := ""
	if s, ok := c.own["shippingCost"]; ok {
		shipping = canonicalDecimal(s)
	}
	address := func(name string) string {
		parts := make([]string, len(addressFields))
		for i, f := range addressFields {
			parts[i] = c.parts[name][f]
		}
		return joinAddress(parts)
	}
	return []string{
		canonicalDecimal(first["quantity"]), canonicalDecimal(first["rate"]), canonicalDecimal(first["amount"]), first["description"], item,
		fmt.Sprint(len(c.lines)), closed, tax, shipping, canonicalDecimal(total), currency, c.own["otherRefNum"], unmark(c.own["memo"]),
		address("billingAddress"), address("shippingAddress"), c.own["entity"],
	}
}
