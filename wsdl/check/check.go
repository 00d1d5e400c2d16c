// Package check holds one service contract against another: ours, which says what
// an adapter sends and reads, against the customer's own, which says what his
// installation takes.
//
//	WSDL ──┐
//	       ├─ Load ──▶ Contract ─┐
//	XSDs ──┘                     ├─ Compare ──▶ Differences
//	             our Contract ───┘
//
// Only what ours has is looked for: a customer's contract may have more
// operations, elements and types than we need. What is told of the customer's own
// is a mandatory element that we never send.
//
// What is promised:
//
//   - The same two contracts give the same Differences, in our contract's order.
//   - A shared type is compared once for requests and once for answers, however
//     often it is used; a Difference names the first place.
//   - A contract comes from outside. It is read by the strict reader of wsdl/soap,
//     which knows no DOCTYPE and no entities; how many documents, bytes and levels
//     it may have is limited, and cycles end.
//
// What of a schema is understood: elements and types, global and local, sequences,
// choices, all, groups, extensions and restrictions, attributes, simple content,
// xsd:any, includes and imports. Substitution groups, redefine, identity
// constraints and policies are not; none of the vendors' contracts needs them.
package check

import (
	"encoding/xml"
	"fmt"
)

// Kind is what is different.
type Kind string

// Kinds of Difference.
const (
	Operation Kind = "operation" // it lacks an operation
	Action    Kind = "action"    // an operation has another SOAPAction
	Binding   Kind = "binding"   // an operation is offered in another version of SOAP only
	Message   Kind = "message"   // a message is another element, or is missing
	Element   Kind = "element"   // it lacks an element
	Namespace Kind = "namespace" // an element is in another namespace
	Type      Kind = "type"      // it has another type
	Occurs    Kind = "occurs"    // it may or must occur otherwise
	Order     Kind = "order"     // elements come in another order
	Value     Kind = "value"     // it lacks a value of an enumeration
	Length    Kind = "length"    // it takes a shorter text
	Attribute Kind = "attribute" // it lacks an attribute
	Mandatory Kind = "mandatory" // it demands what we never send
)

// A Difference is one thing in which the customer's contract is not as ours needs
// it.
type Difference struct {
	Kind      Kind   `json:"kind"`
	Operation string `json:"operation"`
	// Path is where, from the message's element: "Create/SalesOrder/No". It is empty
	// for what is said of the operation as a whole.
	Path   string `json:"path,omitempty"`
	Answer bool   `json:"answer"` // it is about the operation's answer
	Ours   string `json:"ours,omitempty"`
	Theirs string `json:"theirs,omitempty"`
}

// String says it in one line.
func (d Difference) String() string {
	where := d.Operation
	if d.Path != "" {
		side := "request"
		if d.Answer {
			side = "answer"
		}
		where += " " + side + ": " + d.Path
	}
	switch d.Kind {
	case Operation:
		return where + ": there is no such operation"
	case Action:
		return fmt.Sprintf("%s: its SOAPAction is %q, ours is %q", where, d.Theirs, d.Ours)
	case Binding:
		return fmt.Sprintf("%s: it is offered in SOAP %s, and called in SOAP %s", where, d.Theirs, d.Ours)
	case Message:
		return fmt.Sprintf("%s: the message is %s, ours is %s", where, said(d.Theirs), d.Ours)
	case Element:
		return where + ": there is no such element"
	case Namespace:
		return fmt.Sprintf("%s: it is in %s, ours in %s", where, said(d.Theirs), said(d.Ours))
	case Type:
		return fmt.Sprintf("%s: its type is %s, ours is %s", where, d.Theirs, d.Ours)
	case Occurs:
		return fmt.Sprintf("%s: it occurs %s times, ours %s times", where, d.Theirs, d.Ours)
	case Order:
		return fmt.Sprintf("%s: it comes before %s, and after it in ours", where, d.Theirs)
	case Value:
		return fmt.Sprintf("%s: the value %q is not among its values", where, d.Ours)
	case Length:
		return fmt.Sprintf("%s: it takes %s characters, ours %s", where, d.Theirs, d.Ours)
	case Attribute:
		return fmt.Sprintf("%s: there is no such attribute", where)
	case Mandatory:
		return where + ": it is mandatory, and we never send it"
	}
	return where + ": " + string(d.Kind)
}

func said(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// shown writes a name for a person: {namespace}local, or local alone.
func shown(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return "{" + n.Space + "}" + n.Local
}
