package netsuite

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/beevik/etree"

	wsdl "github.com/hakooi/erpbridge/wsdl/netsuite"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

const (
	searching = "search"
	// searchPage is how many items one answer may have; more are an error, not a second page.
	searchPage = 100
	// searchKeys is how many external ids are asked for at once. An external id is one
	// item's, so that all that can be found is on the page.
	searchKeys = 50
)

// A match is what a search found for one key: an item, or why there is none.
type match struct {
	id     string
	others int  // how many items there are, where that is more than one
	group  bool // it is an item group
}

func (m match) lacks(k itemKey) string {
	switch {
	case m.group:
		return "an item group for " + k.String() + ", whose members have prices of their own"
	case m.others > 0:
		return fmt.Sprintf("%d active items for %s", m.others, k)
	}
	return "no active item for " + k.String()
}

func (m match) advice() string {
	switch {
	case m.group:
		return "make it a kit"
	case m.others > 0:
		return "rename all but one"
	}
	return "create it"
}

// search asks NetSuite for items, and adds what it finds to into. External ids are asked
// for together. A search by item id has room for a single one: there it takes a request
// for each.
func (e *ERP) search(ctx context.Context, keys []itemKey, into map[itemKey]match) error {
	var external, single []itemKey
	for _, k := range keys {
		if k.by == ByExternalID {
			external = append(external, k)
		} else {
			single = append(single, k)
		}
	}
	var asks [][]itemKey
	for len(external) > 0 {
		n := min(len(external), searchKeys)
		asks, external = append(asks, external[:n]), external[n:]
	}
	for _, k := range single {
		asks = append(asks, []itemKey{k})
	}
	for _, ask := range asks {
		content, err := e.call(ctx, deliverOp, searching, searchRequest(ask))
		if err != nil {
			return e.harmless(deliverOp, err)
		}
		hits, err := e.readSearch(content)
		if err != nil {
			return e.harmless(deliverOp, err)
		}
		for _, k := range ask {
			into[k] = choose(k, hits)
			if id := into[k].id; id != "" {
				e.items.put(k, id, e.now())
			}
		}
	}
	return nil
}

// searchRequest asks for the active items that have one of some keys, which are all of
// external ids, or a single item id.
func searchRequest(keys []itemKey) *etree.Element {
	ask := etree.NewElement(msgs + ":" + searching)
	basic := ask.CreateElement(msgs + ":searchRecord")
	basic.CreateAttr("xsi:type", common+":ItemSearchBasic")
	if keys[0].by == ByExternalID {
		field := basic.CreateElement(common + ":externalId")
		field.CreateAttr("operator", "anyOf")
		for _, k := range keys {
			field.CreateElement(core+":searchValue").CreateAttr("externalId", k.key)
		}
	}
	basic.CreateElement(common + ":isInactive").CreateElement(core + ":searchValue").CreateText("false")
	if keys[0].by == ByItemID {
		field := basic.CreateElement(common + ":itemId")
		field.CreateAttr("operator", "is")
		field.CreateElement(core + ":searchValue").CreateText(keys[0].key)
	}
	return ask
}

// searchPreferences is the header of a search.
func searchPreferences(header *etree.Element) {
	prefs := header.CreateElement(msgs + ":searchPreferences")
	prefs.CreateElement(msgs + ":bodyFieldsOnly").CreateText("true")
	prefs.CreateElement(msgs + ":pageSize").CreateText(strconv.Itoa(searchPage))
}

// A hit is an item, or a customer, as a search told it.
type hit struct {
	id, externalID, itemID string
	email                  string // of a customer
	group                  bool
}

// readSearch reads the answer to a search. It is believed as a whole or not at
// all: of an answer that lacks items, one that is not unique would seem to be.
func (e *ERP) readSearch(content *etree.Element) ([]hit, error) {
	if !soap.Is(content, e.ns.messages, "searchResponse") {
		return nil, fmt.Errorf("the answer is not understood: %s in %s instead of searchResponse", content.Tag, content.NamespaceURI())
	}
	result, err := e.only(content, "searchResult")
	if err != nil {
		return nil, err
	}
	told, err := e.only(result, "status")
	if err != nil {
		return nil, err
	}
	if err := e.checkNames(told); err != nil {
		return nil, err
	}
	var status wsdl.Status
	if err := soap.Decode(told, &status); err != nil {
		return nil, fmt.Errorf("the answer is not understood: %w", err)
	}
	ok, err := success(&status)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, e.notFound(deliverOp, &status)
	}
	var hits []hit
	if lists := result.SelectElements("recordList"); len(lists) > 0 {
		list, err := e.only(result, "recordList")
		if err != nil {
			return nil, err
		}
		for _, record := range list.ChildElements() {
			h, err := e.readHit(record)
			if err != nil {
				return nil, err
			}
			hits = append(hits, h)
		}
	}
	total, err := e.only(result, "totalRecords")
	if err != nil {
		return nil, err
	}
	if n := strings.TrimSpace(total.Text()); n != strconv.Itoa(len(hits)) {
		return nil, fmt.Errorf("a search found %s, and told %d", e.reason(clip(n)), len(hits))
	}
	return hits, nil
}

// only returns the one child of that name, which must be of the core namespace.
func (e *ERP) only(el *etree.Element, name string) (*etree.Element, error) {
	children := el.SelectElements(name)
	if len(children) != 1 || !soap.Is(children[0], e.ns.core, name) {
		return nil, fmt.Errorf("the answer is not understood: %d of %s", len(children), name)
	}
	return children[0], nil
}

func (e *ERP) readHit(record *etree.Element) (hit, error) {
	if !soap.Is(record, e.ns.core, "record") {
		return hit{}, fmt.Errorf("the answer is not understood: %s among the items", record.Tag)
	}
	h := hit{id: soap.Attr(record, "internalId"), externalID: soap.Attr(record, "externalId")}
	if !internalIDShape.MatchString(h.id) {
		return hit{}, errors.New("a search found something without an internal id")
	}
	for _, a := range record.Attr {
		if a.Key == "type" && a.NamespaceURI() == nsXSI {
			_, name, _ := strings.Cut(":"+a.Value, ":")
			h.group = strings.HasSuffix(name, "ItemGroup")
		}
	}
	for _, c := range record.ChildElements() {
		switch {
		case soap.Is(c, e.ns.accounting, "itemId"):
			h.itemID = strings.TrimSpace(c.Text())
		case soap.Is(c, e.ns.relationships, "email"):
			h.email = strings.TrimSpace(c.Text())
		}
	}
	return h, nil
}

// choose returns the item that a key means. NetSuite compares without regard to case and
// finds variants by their own part of "parent : variant"; what it found is held against
// the key all the same, because a wrong item is worse than none.
func choose(k itemKey, hits []hit) match {
	exact, like := map[string]hit{}, map[string]hit{}
	for _, h := range hits {
		names := []string{h.externalID}
		if k.by == ByItemID {
			names = []string{h.itemID, ownName(h.itemID)}
		}
		for _, name := range names {
			if name == k.key {
				exact[h.id] = h
			}
			if strings.EqualFold(name, k.key) {
				like[h.id] = h
			}
		}
	}
	if len(exact) > 0 {
		like = exact
	}
	if len(like) > 1 {
		return match{others: len(like)}
	}
	for _, h := range like {
		if h.group {
			return match{group: true}
		}
		return match{id: h.id}
	}
	return match{}
}

// ownName returns the part of an item's name that is its own and not its parents'.
func ownName(itemID string) string {
	const between = " : "
	if i := strings.LastIndex(itemID, between); i >= 0 {
		return itemID[i+len(between):]
	}
	return itemID
}
