package suitetalk

import "github.com/beevik/etree"

// A Stock is what there is of an item at one location, as the ERP writes it: "264.0".
type Stock struct {
	Item, Location    string // internal ids
	OnHand, Available string
}

// stockOf answers getItemAvailability: every location of each item that is asked about,
// in the order of the question.
func (s *Server) stockOf(question *etree.Element) *etree.Element {
	e := etree.NewElement("platformCore:getItemAvailabilityResult")
	e.AddChild(status(false, nil))
	list := etree.NewElement("platformCore:itemAvailabilityList")
	for _, ref := range listOf(child(question, "itemAvailabilityFilter"), "item") {
		for _, at := range s.conf.Stock {
			if at.Item != ref.SelectAttrValue("internalId", "") {
				continue
			}
			row := list.CreateElement("platformCore:itemAvailability")
			item := row.CreateElement("platformCore:item")
			item.CreateAttr("internalId", at.Item)
			item.CreateAttr("type", "inventoryItem")
			location := row.CreateElement("platformCore:locationId")
			location.CreateAttr("internalId", at.Location)
			location.CreateAttr("type", "location")
			row.CreateElement("platformCore:quantityOnHand").SetText(at.OnHand)
			row.CreateElement("platformCore:quantityAvailable").SetText(at.Available)
		}
	}
	if len(list.ChildElements()) > 0 {
		e.AddChild(list)
	}
	return e
}
