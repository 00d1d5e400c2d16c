package gpws

import (
	"fmt"
	"slices"

	"github.com/beevik/etree"
)

// What .NET's reader of the service demands: elements in the order of the contract, and
// the value types there, as xsi:nil where they say nothing.
var (
	orderSequence = []string{
		"Key", "Type", "Date", "FreightAmount", "MiscellaneousAmount", "TaxAmount", "TradeDiscount", "DiscountAmount", "CustomerName", "CustomerPONumber",
		"UPSZone", "MasterNumber", "Reference", "CommissionAmount", "ExchangeRate", "ExchangeDate", "RequestedShipDate", "Comment", "FreightTaxBasis",
		"MiscellaneousTaxBasis", "FreightTaxAmount", "MiscellaneousTaxAmount", "Note", "TransactionState", "LineTotalAmount", "TotalAmount", "CreatedDate",
		"ModifiedDate", "LastModifiedDate", "CommissionBasedOn", "ActualShipDate", "FulfillDate", "QuoteDate", "IsIntrastatDocument", "IsVoided",
		"ShipCompleteOnly", "FrontOfficeIntegrationId", "IntegrationSource", "IntegrationId", "InvoiceDate", "BackorderDate", "ReturnDate", "DocumentTypeKey",
		"ShippingMethodKey", "WarehouseKey", "CustomerKey", "SalespersonKey", "BatchKey", "PaymentTermsKey", "CurrencyKey", "ShipToAddress", "Taxes",
		"PaymentAmount", "DepositAmount", "ShippingProcessStatus", "IsRepeating", "DocumentFrequency", "TimesToRepeat", "DaysToIncrement", "WorkflowPriority", "Lines", "Payments",
	}
	orderDemands = []string{
		"Type", "Date", "MasterNumber", "ExchangeRate", "ExchangeDate", "RequestedShipDate", "FreightTaxBasis", "MiscellaneousTaxBasis", "TransactionState",
		"CreatedDate", "ModifiedDate", "LastModifiedDate", "CommissionBasedOn", "ActualShipDate", "FulfillDate", "QuoteDate", "IsIntrastatDocument", "IsVoided",
		"ShipCompleteOnly", "IntegrationSource", "InvoiceDate", "BackorderDate", "ReturnDate", "ShippingProcessStatus", "IsRepeating", "DocumentFrequency",
		"TimesToRepeat", "DaysToIncrement", "WorkflowPriority",
	}
	lineSequence = []string{
		"Key", "UnitPrice", "TotalAmount", "Quantity", "Discount", "UnitCost", "ItemDescription", "IsNonInventory", "IsDropShip", "RequestedShipDate", "Comment",
		"UofM", "DeleteOnUpdate", "ItemTaxScheduleKey", "TaxBasis", "TaxAmount", "FrontOfficeIntegrationId", "IntegrationSource", "IntegrationId", "WarehouseKey",
		"ItemKey", "FulfillDate", "ActualShipDate",
	}
	lineDemands = []string{"IsNonInventory", "IsDropShip", "RequestedShipDate", "DeleteOnUpdate", "TaxBasis", "IntegrationSource", "FulfillDate", "ActualShipDate"}
)

// shape returns what is wrong with an order's form, or "".
func shape(order *etree.Element) string {
	if wrong := inOrder(order, orderSequence, orderDemands); wrong != "" {
		return wrong
	}
	for _, l := range order.FindElements("Lines/*") {
		if l.Tag != "SalesOrderLine" {
			return "Lines holds a " + l.Tag
		}
		if wrong := inOrder(l, lineSequence, lineDemands); wrong != "" {
			return wrong
		}
	}
	return ""
}

func inOrder(el *etree.Element, sequence, demands []string) string {
	at := -1
	var seen []string
	for _, child := range el.ChildElements() {
		i := slices.Index(sequence, child.Tag)
		if i <= at {
			return fmt.Sprintf("%s is out of place, or unknown, in %s", child.Tag, el.Tag)
		}
		if child.NamespaceURI() != ns {
			return fmt.Sprintf("%s is in the namespace %q", child.Tag, child.NamespaceURI())
		}
		at, seen = i, append(seen, child.Tag)
	}
	for _, d := range demands {
		if !slices.Contains(seen, d) {
			return fmt.Sprintf("%s is missing in %s", d, el.Tag)
		}
	}
	return ""
}
