package bc

import (
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// The order of fields in the pages of NAV 2016, with those of Business Central among
// them. Documents are rendered in it; before one is sent, it is brought into the order of
// the page that is really there.
const (
	headerSequence = `
	Key No Sell_to_Customer_No Sell_to_Contact_No Sell_to_Customer_Name Sell_to_Address Sell_to_Address_2 Sell_to_County Sell_to_Post_Code Sell_to_City
	Sell_to_Country_Region_Code Sell_to_Contact Sell_to_Phone_No Sell_to_E_Mail No_of_Archived_Versions Posting_Date Order_Date Document_Date Due_Date
	Operation_Occurred_Date Requested_Delivery_Date Promised_Delivery_Date External_Document_No Your_Reference Quote_No Salesperson_Code Campaign_No
	Opportunity_No Responsibility_Center Assigned_User_ID Operation_Type Activity_Code Job_Queue_Status Status Bill_to_Customer_No Bill_to_Contact_No
	Bill_to_Name Bill_to_Address Bill_to_Address_2 Bill_to_Post_Code Bill_to_City Bill_to_Contact Shortcut_Dimension_1_Code Shortcut_Dimension_2_Code
	Payment_Terms_Code Payment_Method_Code Bank_Account Cumulative_Bank_Receipts Direct_Debit_Mandate_ID VAT_Bus_Posting_Group Credit_Card_No
	GetCreditcardNumber Ship_to_Code Ship_to_Name Ship_to_Address Ship_to_Address_2 Ship_to_County Ship_to_Post_Code Ship_to_City
	Ship_to_Country_Region_Code Ship_to_Contact Additional_Information Additional_Notes Additional_Instructions TDD_Prepared_By Location_Code
	Outbound_Whse_Handling_Time Shipment_Method_Code Shipping_Agent_Code Shipping_Agent_Service_Code Shipping_Time Late_Order_Shipping
	Package_Tracking_No Shipment_Date Shipping_Advice _x0033_rd_Party_Loader_Type _x0033_rd_Party_Loader_No Currency_Code Prices_Including_VAT
	EU_3_Party_Trade Transaction_Type Transaction_Specification Transport_Method Exit_Point Area Service_Tariff_No Prepayment_Percent
	Compress_Prepayment Prepayment_Due_Date Prepmt_Payment_Terms_Code Prepmt_Payment_Discount_Percent Prepmt_Pmt_Discount_Date
	Prepmt_CM_Refers_to_Period Individual_Person Resident First_Name Last_Name Date_of_Birth Fiscal_Code`
	lineSequence = `
	Key Type No Service_Tariff_No Cross_Reference_No Include_in_VAT_Transac_Rep IC_Partner_Code IC_Partner_Ref_Type Prepmt_CM_Refers_to_Period
	IC_Partner_Reference Variant_Code Substitution_Available Purchasing_Code Nonstock VAT_Prod_Posting_Group Tax_Group_Code Tax_Area_Code Description
	Drop_Shipment Special_Order Return_Reason_Code Location_Code Bin_Code Reserve Quantity Qty_to_Assemble_to_Order Reserved_Quantity
	Unit_of_Measure_Code Unit_of_Measure Unit_Cost_LCY SalesPriceExist Unit_Price Line_Amount SalesLineDiscExists Line_Discount_Percent
	Line_Discount_Amount Prepayment_Percent Prepmt_Line_Amount Prepmt_Amt_Inv Allow_Invoice_Disc Inv_Discount_Amount Qty_to_Ship Quantity_Shipped
	Qty_to_Invoice Quantity_Invoiced Prepmt_Amt_to_Deduct Prepmt_Amt_Deducted Allow_Item_Charge_Assignment Qty_to_Assign Qty_Assigned
	Requested_Delivery_Date Promised_Delivery_Date Planned_Delivery_Date Planned_Shipment_Date Shipment_Date Shipping_Agent_Code
	Shipping_Agent_Service_Code Shipping_Time Work_Type_Code Whse_Outstanding_Qty Whse_Outstanding_Qty_Base ATO_Whse_Outstanding_Qty
	ATO_Whse_Outstd_Qty_Base Outbound_Whse_Handling_Time Blanket_Order_No Blanket_Order_Line_No FA_Posting_Date Depr_until_FA_Posting_Date
	Depreciation_Book_Code Use_Duplication_List Duplicate_in_Depreciation_Book Appl_from_Item_Entry Appl_to_Item_Entry Deferral_Code
	Shortcut_Dimension_1_Code Shortcut_Dimension_2_Code ShortcutDimCode_x005B_3_x005D_ ShortcutDimCode_x005B_4_x005D_ ShortcutDimCode_x005B_5_x005D_
	ShortcutDimCode_x005B_6_x005D_ ShortcutDimCode_x005B_7_x005D_ ShortcutDimCode_x005B_8_x005D_ Document_No Line_No Invoice_Discount_Amount
	Invoice_Disc_Pct Total_Amount_Excl_VAT Total_VAT_Amount Total_Amount_Incl_VAT RefreshTotals`
	customerSequence = `
	Key No Name Name_2 Address Address_2 County Post_Code City Country_Region_Code Phone_No Contact E_Mail VAT_Registration_No`
)

// place is where a field stands in a record or line.
var place = map[string]map[string]int{
	"header":   places(headerSequence),
	"line":     places(lineSequence),
	"customer": places(customerSequence),
}

func places(sequence string) map[string]int {
	at := map[string]int{}
	for i, name := range strings.Fields(sequence) {
		at[name] = i
	}
	return at
}

// sequence sorts the fields of el. Those that the sequence does not have come after the
// others as they are, and the lines last.
func sequence(el *etree.Element, of string) {
	at := place[of]
	rank := func(c *etree.Element) int {
		switch i, ok := at[c.Tag]; {
		case ok:
			return i
		case c.Tag == salesLines:
			return len(at) + 1
		}
		return len(at)
	}
	children := el.ChildElements()
	slices.SortStableFunc(children, func(a, b *etree.Element) int { return rank(a) - rank(b) })
	for _, c := range children {
		el.RemoveChild(c)
	}
	for _, c := range children {
		el.AddChild(c)
	}
}
