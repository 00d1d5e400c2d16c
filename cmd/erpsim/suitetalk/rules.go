package suitetalk

import (
	"regexp"
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// A detail is one statusDetail: why a record failed, or what was to be said
// although it did not.
type detail struct {
	typ     string // ERROR or WARN
	code    string
	message string
	// afterSubmit marks an error that came after the record was saved.
	afterSubmit bool
}

func failed(code, message string) []detail {
	return []detail{{typ: "ERROR", code: code, message: message}}
}

func missing(labels []string) []detail {
	return failed("USER_ERROR", "Please enter value(s) for: "+strings.Join(labels, ", "))
}

// unreadable is the error of a record the journal does not give back.
func unreadable(internalID string) []detail {
	return failed("UNEXPECTED_ERROR", "An unexpected error occurred. Error ID: content of "+internalID)
}

func doesNotExist() []detail {
	return failed("RCRD_DSNT_EXIST", "That record does not exist.")
}

// rules are the account's rules about what may be saved.
type rules struct {
	conf   *Config
	ledger *ledger // locked by the caller
	items  []Item  // those of the catalog
}

// check tells what is wrong with a record as it would be stored; nil if nothing.
// References are resolved in place: they end up with internal ids.
func (r rules) check(typ, internalID string, e *etree.Element) []detail {
	if labels := r.missing(typ, e); len(labels) > 0 {
		return missing(labels)
	}
	if d := r.references(typ, e); d != nil {
		return d
	}
	switch typ {
	case "customer":
		return r.customer(internalID, e)
	case "customerDeposit":
		return r.deposit(e)
	case "returnAuthorization", "creditMemo", "cashRefund":
		return r.createdFrom(typ, e)
	}
	return nil
}

// missing returns the labels of the obligatory fields that have no value.
func (r rules) missing(typ string, e *etree.Element) []string {
	var labels []string
	need := func(label string, present bool) {
		if !present && !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
	}
	has := func(name string) bool { return child(e, name) != nil }
	switch typ {
	case "customer":
		if isTrue(valueOf(e, "isPerson")) {
			need("Last Name", has("lastName"))
		} else {
			need("Company Name", has("companyName"))
		}
		need("Subsidiary", !r.conf.OneWorld || has("subsidiary"))
	case "salesOrder", "returnAuthorization", "creditMemo", "cashRefund":
		need("Customer", has("entity"))
		lines := listOf(e, "itemList")
		need("Item", len(lines) > 0)
		for _, l := range lines {
			need("Item", child(l, "item") != nil)
		}
	case "customerDeposit":
		need("Customer", has("customer"))
		need("Sales Order", has("salesOrder"))
		need("Payment Amount", has("payment"))
		undeposited := !has("undepFunds") || isTrue(valueOf(e, "undepFunds"))
		need("Account", undeposited || has("account"))
	}
	return labels
}

// references resolves every reference of a record and of its lines.
func (r rules) references(typ string, e *etree.Element) []detail {
	for _, t := range recordTypes {
		if t.name == typ {
			return r.referencesIn(complexTypes[t.typ], e)
		}
	}
	return failed("INVALID_RCRD_TYPE", "The record type "+typ+" is not valid.")
}

func (r rules) referencesIn(t complexType, e *etree.Element) []detail {
	for _, c := range e.ChildElements() {
		at := t.position(c.Space, c.Tag)
		if at < 0 {
			continue
		}
		f := t.fields[at]
		var d []detail
		if f.typ == "RecordRef" {
			d = r.reference(f.name, c)
		} else if inner, ok := complexTypes[f.typ]; ok {
			d = r.referencesIn(inner, c)
		}
		if d != nil {
			return d
		}
	}
	return nil
}

var numericID = regexp.MustCompile(`^-?[0-9]+$`)

// reference resolves one reference. An unknown internal id and an unknown
// external id are two different errors.
func (r rules) reference(field string, ref *etree.Element) []detail {
	internalID := ref.SelectAttrValue("internalId", "")
	externalID := ref.SelectAttrValue("externalId", "")
	typ := map[string]string{"entity": "customer", "customer": "customer", "salesOrder": "salesOrder"}[field]
	var resolved string
	switch {
	case internalID == "" && externalID == "":
		return failed("INVALID_KEY_OR_REF", "The specified key is invalid.")
	case field == "createdFrom":
		return nil // what it may be depends on the record
	case typ != "":
		if named := ref.SelectAttrValue("type", typ); named == typ {
			if target := r.ledger.find(typ, internalID, externalID); target != nil {
				resolved = target.internalID()
			} else if typ == "customer" && slices.Contains(r.conf.Customers, internalID) {
				resolved = internalID
			}
		}
	case field == "item" || field == "discountItem":
		resolved = r.item(internalID, externalID)
	case field == "currency":
		var ids []string
		for id := range r.conf.Currencies {
			ids = append(ids, id)
		}
		resolved = known(ids, internalID, externalID)
	case numericID.MatchString(internalID):
		resolved = internalID // lists the simulator does not keep: subsidiaries, tax codes ...
	}
	switch {
	case resolved != "":
		ref.RemoveAttr("externalId")
		ref.RemoveAttr("type")
		ref.CreateAttr("internalId", resolved)
		return nil
	case internalID != "":
		return failed("INVALID_KEY_OR_REF", "Invalid "+strings.ToLower(field)+" reference key "+internalID+".")
	}
	return doesNotExist()
}

// known returns the id under which ids holds a reference. No ids: any numeric
// internal id is known.
func known(ids []string, internalID, externalID string) string {
	id := internalID
	if id == "" {
		id = externalID
	}
	switch {
	case slices.Contains(ids, id):
		return id
	case len(ids) == 0 && numericID.MatchString(internalID):
		return internalID
	}
	return ""
}

// item returns the id of an item that exists.
func (r rules) item(internalID, externalID string) string {
	for _, it := range r.items {
		if it.InternalID == internalID || internalID == "" && it.ExternalID != "" && it.ExternalID == externalID {
			if it.Inactive {
				return ""
			}
			return it.InternalID
		}
	}
	if len(r.items) > 0 && len(r.conf.Items) == 0 {
		return ""
	}
	return known(r.conf.Items, internalID, externalID)
}

// sources are the transactions that a refund can be created from, as far as there are
// such records here. There are no invoices and cash sales, which all three can be.
var sources = map[string][]string{
	"returnAuthorization": {"salesOrder"},
	"creditMemo":          {"returnAuthorization"},
	"cashRefund":          {"returnAuthorization"},
}

// createdFrom resolves what a refund was created from: a transaction of the right type
// and of the same customer.
func (r rules) createdFrom(typ string, e *etree.Element) []detail {
	ref := child(e, "createdFrom")
	if ref == nil {
		return nil
	}
	internalID, externalID := ref.SelectAttrValue("internalId", ""), ref.SelectAttrValue("externalId", "")
	wrong := failed("INVALID_KEY_OR_REF", "Invalid createdfrom reference key "+internalID+externalID+".")
	for _, source := range sources[typ] {
		from := r.ledger.find(source, internalID, externalID)
		if from == nil || ref.SelectAttrValue("type", source) != source {
			continue
		}
		of, err := r.ledger.load(from)
		if err != nil {
			return unreadable(from.internalID())
		}
		if of.Entity != child(e, "entity").SelectAttrValue("internalId", "") {
			return wrong
		}
		ref.RemoveAttr("externalId")
		ref.RemoveAttr("type")
		ref.CreateAttr("internalId", from.internalID())
		return nil
	}
	return wrong
}

func (r rules) customer(internalID string, e *etree.Element) []detail {
	email := valueOf(e, "email")
	if !r.conf.UniqueEmail || email == "" {
		return nil
	}
	if other := r.ledger.byEmail[strings.ToLower(email)]; other != nil && other.internalID() != internalID {
		return failed("DUP_ENTITY_EMAIL", "A customer record with this e-mail address already exists.")
	}
	return nil
}

func (r rules) deposit(e *etree.Element) []detail {
	payment, ok := decimal(valueOf(e, "payment"))
	if !ok || payment.Sign() <= 0 {
		return failed("INVALID_FLD_VALUE", "You have entered an Invalid Field Value "+valueOf(e, "payment")+
			" for the following field: payment")
	}
	customer := child(e, "customer").SelectAttrValue("internalId", "")
	order := child(e, "salesOrder").SelectAttrValue("internalId", "")
	booked, err := r.ledger.load(r.ledger.find("salesOrder", order, ""))
	if err != nil {
		return unreadable(order)
	}
	if booked.Entity != customer {
		return failed("INVALID_KEY_OR_REF", "Invalid salesorder reference key "+order+".")
	}
	return nil
}
