package bc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// look returns the records of a page that carry references, by reference in the form of
// fold. Nothing happens by it. What it does not find was not there.
func (e *ERP) look(ctx context.Context, op string, s *service, p *page, field string, references []string) (map[string][]*etree.Element, error) {
	found := map[string][]*etree.Element{}
	// One more than two for each: two with one reference are one too many already.
	size := 2*len(references) + 1
	records, err := e.readMultiple(ctx, op, s, field, references, size)
	if err != nil {
		return nil, err
	}
	if len(records) >= size && len(references) > 1 {
		// There may be more, of any of them.
		for _, r := range references {
			one, err := e.look(ctx, op, s, p, field, []string{r})
			if err != nil {
				return nil, err
			}
			found[fold(r)] = one[fold(r)]
		}
		return found, nil
	}
	asked := map[string]bool{}
	for _, r := range references {
		asked[fold(r)] = true
	}
	for _, record := range records {
		reference := fold(value(record, field))
		if !asked[reference] {
			// A server that does not filter would have us believe that an order is not there.
			return nil, &erpbridge.Error{
				Op: op, Kind: erpbridge.Unknown,
				Err: fmt.Errorf("page %s was asked for %s by %s and returned %s", s.name, strings.Join(references, ", "), field, e.reason(reference)),
			}
		}
		if value(record, "No") == "" || value(record, "Key") == "" && p.has("Key") {
			return nil, fmt.Errorf("page %s returned a record without No or Key", s.name)
		}
		found[reference] = append(found[reference], record)
	}
	return found, nil
}

// readMultiple asks for records by the values of a field, at most size of them.
func (e *ERP) readMultiple(ctx context.Context, op string, s *service, field string, values []string, size int) ([]*etree.Element, error) {
	ask := element(s.name, "ReadMultiple")
	filter := ask.CreateElement("filter")
	filter.CreateElement("Field").CreateText(field)
	filter.CreateElement("Criteria").CreateText(criteria(values))
	ask.CreateElement("setSize").CreateText(strconv.Itoa(size))
	answer, err := e.call(ctx, op, s, ask.Copy())
	if e.conf.Auth.OAuth2 != nil && erpbridge.KindOf(err) == erpbridge.Refused {
		// A token may end before its time, and there is a new one by now. To look twice is
		// harmless.
		answer, err = e.call(ctx, op, s, ask)
	}
	if err != nil {
		return nil, err
	}
	return listed(answer, "ReadMultiple_Result", s.name)
}

// read asks for one record by its number.
func (e *ERP) read(ctx context.Context, op string, s *service, no string) (*etree.Element, error) {
	ask := element(s.name, "Read")
	ask.CreateElement("No").CreateText(no)
	answer, err := e.call(ctx, op, s, ask)
	if err != nil {
		return nil, err
	}
	records := answer.ChildElements()
	if len(records) != 1 || !soap.Is(records[0], namespaceOf(s.name), s.name) || value(records[0], "No") != no {
		return nil, fmt.Errorf("page %s was read for %s and returned something else", s.name, no)
	}
	return records[0], nil
}

// listed returns the records in an answer's list; no list is no records.
func listed(answer *etree.Element, list, record string) ([]*etree.Element, error) {
	space := answer.NamespaceURI()
	inside := answer.ChildElements()
	if len(inside) == 0 {
		return nil, nil
	}
	if len(inside) != 1 || !soap.Is(inside[0], space, list) {
		return nil, fmt.Errorf("the answer has more or else than a %s", list)
	}
	records := inside[0].ChildElements()
	for _, r := range records {
		if !soap.Is(r, space, record) {
			return nil, fmt.Errorf("a %s with a %s in it", list, soap.Reason(r.Tag))
		}
		if err := once(r); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// once refuses a record that has a field twice.
func once(record *etree.Element) error {
	seen := map[string]bool{}
	for _, c := range record.ChildElements() {
		if seen[c.Tag] {
			return fmt.Errorf("a record with two %s", soap.Reason(c.Tag))
		}
		seen[c.Tag] = true
	}
	return nil
}

// criteria returns a filter for any of these values. In quotes the filter's own signs
// (| & < > = .. and parentheses) mean nothing; a quote is doubled. The wildcards * ? and
// a leading @ are not sent at all, see referenceShape.
func criteria(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "'" + strings.ReplaceAll(v, "'", "''") + "'"
	}
	return strings.Join(quoted, "|")
}

// fold returns a reference as it is compared: fields of type Code are stored in capitals,
// without blanks around.
func fold(reference string) string { return strings.ToUpper(strings.TrimSpace(reference)) }

// element begins a message of a page.
func element(service, tag string) *etree.Element {
	el := etree.NewElement(tag)
	el.CreateAttr("xmlns", namespaceOf(service))
	return el
}

// value returns the text of a record's field, "" if it has none.
func value(record *etree.Element, field string) string {
	if el := record.SelectElement(field); el != nil {
		return soap.Text(el)
	}
	return ""
}

// posted looks in the pages of posted documents for what was not found on its own page.
func (e *ERP) posted(ctx context.Context, op, kind string, references []string) (map[string]erpbridge.Receipt, error) {
	found := map[string]erpbridge.Receipt{}
	var pages []PostedPage
	own, setting := e.conf.ReferenceField, "posted_pages"
	switch kind {
	case salesOrder:
		pages = e.conf.PostedPages
	case creditMemo:
		pages, own, setting = e.conf.CreditMemo.PostedPages, e.conf.memoReference(), "credit_memo.posted_pages"
	}
	for _, pp := range pages {
		s, p, err := e.open(ctx, op, pp.Page)
		if err != nil {
			return nil, err
		}
		field := cmp.Or(pp.ReferenceField, own)
		if err := filterable(p, field, setting); err != nil {
			return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Refused, Err: err}
		}
		records, err := e.look(ctx, op, s, p, field, references)
		if err != nil {
			return nil, err
		}
		for reference, rs := range records {
			if len(rs) == 0 {
				continue
			}
			if _, ok := found[reference]; !ok {
				no := e.reason(value(rs[0], "No"))
				found[reference] = erpbridge.Receipt{
					Ref: no, Raw: e.evidence(rs[0]),
					Warning: fmt.Sprintf("it was posted already: %s has it as %s", pp.Page, no),
				}
			}
		}
	}
	return found, nil
}

// filterable reports what is wrong with a field that references are looked up by.
func filterable(p *page, field, setting string) error {
	switch {
	case !p.has(field):
		return fmt.Errorf("%s: page %s does not show %s: show it there, or choose a field that it shows", setting, p.service, field)
	case !p.filters[field]:
		return fmt.Errorf("%s: page %s cannot be filtered by %s (it is not in %s_Fields)", setting, p.service, field, p.service)
	case !p.operation["ReadMultiple"]:
		return errors.New(setting + ": page " + p.service + " has no ReadMultiple")
	}
	return nil
}
