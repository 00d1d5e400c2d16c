package dmf

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Orders returns copies of the orders held, by number.
func (s *Server) Orders() []Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Order
	for _, k := range slices.Sorted(maps.Keys(s.orders)) {
		o := *s.orders[k]
		o.Header = maps.Clone(o.Header)
		o.Lines = nil
		for _, l := range s.orders[k].Lines {
			c := *l
			c.Fields = maps.Clone(l.Fields)
			o.Lines = append(o.Lines, &c)
		}
		out = append(out, o)
	}
	return out
}

// find returns an order by its number. The caller holds mu.
func (s *Server) find(number string) *Order { return s.orders[strings.ToUpper(number)] }

// Add puts an order there that somebody made by hand.
func (s *Server) Add(o Order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.Status == "" {
		o.Status = "Backorder"
	}
	if o.Header == nil {
		o.Header = map[string]string{}
	}
	s.orders[strings.ToUpper(o.Number)] = &o
	for _, l := range o.Lines {
		s.lots[strings.ToUpper(l.Lot)] = strings.ToUpper(o.Number)
	}
}

var (
	wholeFilter = regexp.MustCompile(`^dataAreaId eq '([^']*)' and \(((?:SalesOrderNumber eq '(?:[^']|'')*'(?: or )?)+)\)$`)
	oneNumber   = regexp.MustCompile(`SalesOrderNumber eq '((?:[^']|'')*)'`)
)

// chosen returns the orders that a query asks for. Of $filter it understands the form that
// asks for numbers.
func (s *Server) chosen(q url.Values) ([]*Order, bool) {
	if q.Get("cross-company") != "true" {
		return nil, true // the user's own company has none
	}
	filter := q.Get("$filter")
	var out []*Order
	if filter == "" {
		for _, k := range slices.Sorted(maps.Keys(s.orders)) {
			out = append(out, s.orders[k])
		}
		return out, true
	}
	m := wholeFilter.FindStringSubmatch(filter)
	if m == nil {
		return nil, false
	}
	if !strings.EqualFold(m[1], s.conf.Company) {
		return nil, true
	}
	for _, n := range oneNumber.FindAllStringSubmatch(m[2], -1) {
		if o := s.find(strings.ReplaceAll(n[1], "''", "'")); o != nil && !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return out, true
}

func (s *Server) headers(c *call) answer {
	return s.rows(c, func(o *Order) []map[string]any {
		return []map[string]any{{
			"dataAreaId": strings.ToLower(s.conf.Company), "SalesOrderNumber": o.Number, "CustomersOrderReference": o.Reference,
			"SalesOrderStatus": o.Status, "CurrencyCode": o.Header["CURRENCYCODE"],
			"OrderingCustomerAccountNumber": o.Header["ORDERINGCUSTOMERACCOUNTNUMBER"],
		}}
	})
}

func (s *Server) lines(c *call) answer {
	return s.rows(c, func(o *Order) []map[string]any {
		var rows []map[string]any
		for _, l := range o.Lines {
			rows = append(rows, map[string]any{
				"dataAreaId": strings.ToLower(s.conf.Company), "SalesOrderNumber": o.Number, "InventoryLotId": l.Lot,
				"ItemNumber": l.Fields["ITEMNUMBER"], "OrderedSalesQuantity": json.Number(l.Fields["ORDEREDSALESQUANTITY"]),
				"LineAmount": json.Number(l.Amount),
			})
		}
		return rows
	})
}

// rows answers a query, page by page.
func (s *Server) rows(c *call, of func(*Order) []map[string]any) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := c.URL.Query()
	orders, ok := s.chosen(q)
	if !ok {
		return asJSON(http.StatusBadRequest, map[string]any{"error": map[string]any{"code": "", "message": "The query specified in the URI is not valid."}})
	}
	rows := []map[string]any{}
	for _, o := range orders {
		rows = append(rows, of(o)...)
	}
	if top, err := strconv.Atoi(q.Get("$top")); err == nil && top < len(rows) {
		rows = rows[:top]
	}
	names := strings.Split(q.Get("$select"), ",")
	for _, r := range rows {
		for name := range r {
			if q.Has("$select") && !slices.Contains(names, name) {
				delete(r, name)
			}
		}
	}
	for _, name := range names {
		if len(rows) > 0 && name != "" {
			if _, known := rows[0][name]; !known {
				return asJSON(http.StatusBadRequest, map[string]any{"error": map[string]any{"code": "", "message": "Could not find a property named '" + name + "'."}})
			}
		}
	}
	skip, _ := strconv.Atoi(q.Get("$skiptoken"))
	skip = min(max(skip, 0), len(rows))
	page := map[string]any{"@odata.context": "$metadata#rows", "value": rows[skip:min(skip+s.conf.PageSize, len(rows))]}
	if skip+s.conf.PageSize < len(rows) {
		next := *c.URL
		q.Set("$skiptoken", strconv.Itoa(skip+s.conf.PageSize))
		next.RawQuery = q.Encode()
		page["@odata.nextLink"] = "http://" + c.Host + next.String()
	}
	return asJSON(http.StatusOK, page)
}
