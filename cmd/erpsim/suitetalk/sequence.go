package suitetalk

import "strings"

// This file is the shape of the records: which elements a type has, in the order
// its sequence demands, and what each of them holds. An element without a type
// is a string; "any" is a sublist the simulator stores without looking into it.

// A field is one element of a complexType.
type field struct {
	space string // the prefix of its namespace
	name  string
	typ   string
}

// A complexType is a sequence of fields, each at most once unless it is a list.
type complexType struct {
	space      string
	fields     []field
	attributes []string
	list       bool // its one field may be repeated
}

// position returns where in the sequence an element stands, or -1.
func (t complexType) position(space, name string) int {
	for i, f := range t.fields {
		if f.name == name && f.space == space {
			return i
		}
	}
	return -1
}

func sequence(space, fields string) complexType {
	t := complexType{space: space}
	for _, f := range strings.Fields(fields) {
		name, typ, ok := strings.Cut(f, ":")
		if !ok {
			typ = "string"
		}
		t.fields = append(t.fields, field{space, name, typ})
	}
	return t
}

// record is a sequence of a type derived from platformCore:Record, whose
// nullFieldList comes before the type's own fields.
func record(space, fields string) complexType {
	t := sequence(space, fields)
	t.fields = append([]field{{"platformCore", "nullFieldList", "NullField"}}, t.fields...)
	t.attributes = []string{"externalId", "internalId"}
	return t
}

func list(space, field string, attributes ...string) complexType {
	t := sequence(space, field)
	t.list = true
	t.attributes = attributes
	return t
}

// recordTypes are the records the simulator keeps: the vendor's name of the
// record, and that of its XML type.
var recordTypes = []struct{ name, space, typ string }{
	{"customer", "listRel", "Customer"},
	{"salesOrder", "tranSales", "SalesOrder"},
	{"customerDeposit", "tranCust", "CustomerDeposit"},
	{"returnAuthorization", "tranCust", "ReturnAuthorization"},
	{"creditMemo", "tranCust", "CreditMemo"},
	{"cashRefund", "tranCust", "CashRefund"},
}

// readOnly are the fields NetSuite computes. Sending them is an error unless the
// preference ignoreReadOnlyFields is set.
var readOnly = map[string]string{
	"customer":            "dateCreated lastModifiedDate balance overdueBalance daysOverdue depositBalance unbilledOrders",
	"salesOrder":          "createdDate lastModifiedDate subTotal discountTotal taxTotal altShippingCost altHandlingCost total balance status",
	"customerDeposit":     "createdDate lastModifiedDate status",
	"returnAuthorization": "createdDate lastModifiedDate subTotal discountTotal taxTotal total status",
	"creditMemo":          "createdDate lastModifiedDate subTotal discountTotal taxTotal altShippingCost altHandlingCost total amountPaid amountRemaining applied unapplied status",
	"cashRefund":          "createdDate lastModifiedDate subTotal discountTotal taxTotal altShippingCost altHandlingCost total status",
}

// complexTypes are the sequences of endpoint 2023_2; those of the neighbouring
// versions differ in fields no storefront order has.
var complexTypes = map[string]complexType{
	"NullField": list("platformCore", "name"),

	"RecordRef": func() complexType {
		t := sequence("platformCore", "name")
		t.attributes = []string{"externalId", "internalId", "type"}
		return t
	}(),

	"TokenPassport": sequence("platformCore", "account consumerKey token nonce timestamp:long signature:any"),

	"Preferences": sequence("platformMsgs", `warningAsError:boolean disableMandatoryCustomFieldValidation:boolean
		disableSystemNotesForCustomFields:boolean ignoreReadOnlyFields:boolean runServerSuiteScriptAndTriggerWorkflows:boolean`),

	"CustomFieldList": list("platformCore", "customField:CustomFieldRef"),
	"CustomFieldRef":  list("platformCore", "value:any", "internalId", "scriptId"),

	"Address": func() complexType {
		t := record("platformCommon", `internalId country:enum attention addressee addrPhone addr1 addr2 addr3 city state zip
			addrText override:boolean customFieldList:CustomFieldList`)
		t.attributes = nil
		return t
	}(),

	"Customer": record("listRel", `
		customForm:RecordRef entityId altName isPerson:boolean phoneticName salutation firstName middleName lastName companyName
		entityStatus:RecordRef parent:RecordRef phone fax email url defaultAddress isInactive:boolean category:RecordRef title
		printOnCheckAs altPhone homePhone mobilePhone altEmail language:enum comments numberFormat:enum negativeNumberFormat:enum
		dateCreated:dateTime image:RecordRef emailPreference:enum subsidiary:RecordRef representingSubsidiary:RecordRef
		salesRep:RecordRef territory:RecordRef contribPct partner:RecordRef salesGroup:RecordRef vatRegNumber accountNumber
		taxExempt:boolean terms:RecordRef creditLimit:double creditHoldOverride:enum monthlyClosing:enum
		overrideCurrencyFormat:boolean displaySymbol symbolPlacement:enum balance:double overdueBalance:double daysOverdue:long
		unbilledOrders:double consolUnbilledOrders:double consolOverdueBalance:double consolDepositBalance:double
		consolBalance:double consolAging:double consolAging1:double consolAging2:double consolAging3:double consolAging4:double
		consolDaysOverdue:long priceLevel:RecordRef currency:RecordRef prefCCProcessor:RecordRef depositBalance:double
		shipComplete:boolean taxable:boolean taxItem:RecordRef resaleNumber aging:double aging1:double aging2:double aging3:double
		aging4:double startDate:dateTime alcoholRecipientType:enum endDate:dateTime reminderDays:long shippingItem:RecordRef
		thirdPartyAcct thirdPartyZipcode thirdPartyCountry:enum thirdPartyCarrier:enum giveAccess:boolean estimatedBudget:double
		accessRole:RecordRef sendEmail:boolean assignedWebSite:RecordRef password password2 requirePwdChange:boolean
		campaignCategory:RecordRef sourceWebSite:RecordRef leadSource:RecordRef receivablesAccount:RecordRef drAccount:RecordRef
		fxAccount:RecordRef defaultOrderPriority:double webLead referrer keywords clickStream lastPageVisited visits:long
		firstVisit:dateTime lastVisit:dateTime billPay:boolean openingBalance:double lastModifiedDate:dateTime
		openingBalanceDate:dateTime openingBalanceAccount:RecordRef stage:enum emailTransactions:boolean printTransactions:boolean
		faxTransactions:boolean defaultTaxReg:RecordRef syncPartnerTeams:boolean isBudgetApproved:boolean
		globalSubscriptionStatus:enum salesReadiness:RecordRef salesTeamList:any buyingReason:RecordRef downloadList:any
		buyingTimeFrame:RecordRef addressbookList:CustomerAddressbookList subscriptionsList:any contactRolesList:any
		currencyList:any creditCardsList:any partnersList:any groupPricingList:any itemPricingList:any taxRegistrationList:any
		defaultAllocationStrategy:RecordRef customFieldList:CustomFieldList`),
	"CustomerAddressbookList": list("listRel", "addressbook:CustomerAddressbook", "replaceAll"),
	"CustomerAddressbook": sequence("listRel", `defaultShipping:boolean defaultBilling:boolean isResidential:boolean label
		addressbookAddress:Address internalId`),

	"SalesOrder": record("tranSales", `
		createdDate:dateTime customForm:RecordRef entity:RecordRef job:RecordRef currency:RecordRef drAccount:RecordRef
		fxAccount:RecordRef tranDate:dateTime tranId entityTaxRegNum:RecordRef source createdFrom:RecordRef orderStatus:enum
		nextBill:dateTime opportunity:RecordRef salesRep:RecordRef contribPct partner:RecordRef salesGroup:RecordRef
		syncSalesTeams:boolean leadSource:RecordRef startDate:dateTime endDate:dateTime otherRefNum memo
		salesEffectiveDate:dateTime excludeCommission:boolean totalCostEstimate:double estGrossProfit:double
		estGrossProfitPercent:double exchangeRate:double promoCode:RecordRef currencyName discountItem:RecordRef discountRate
		isTaxable:boolean taxItem:RecordRef taxRate:double toBePrinted:boolean toBeEmailed:boolean email toBeFaxed:boolean fax
		messageSel:RecordRef message paymentOption:RecordRef inputAuthCode inputReferenceCode checkNumber paymentCardCsc
		paymentProcessingProfile:RecordRef handlingMode:enum outputAuthCode outputReferenceCode paymentOperation:enum
		dynamicDescriptor billingAddress:Address billAddressList:RecordRef shippingAddress:Address shipIsResidential:boolean
		shipAddressList:RecordRef fob shipDate:dateTime actualShipDate:dateTime shipMethod:RecordRef shippingCost:double
		shippingTax1Rate:double isMultiShipTo:boolean shippingTax2Rate shippingTaxCode:RecordRef handlingTaxCode:RecordRef
		handlingTax1Rate:double handlingTax2Rate handlingCost:double trackingNumbers linkedTrackingNumbers shipComplete:boolean
		paymentMethod:RecordRef shopperIpAddress saveOnAuthDecline:boolean canHaveStackable:boolean creditCard:RecordRef
		revenueStatus:enum recognizedRevenue:double deferredRevenue:double revRecOnRevCommitment:boolean revCommitStatus:enum
		ccNumber ccExpireDate:dateTime ccName ccStreet ccZipCode payPalStatus creditCardProcessor:RecordRef payPalTranId
		ccApproved:boolean getAuth:boolean authCode ccAvsStreetMatch:enum ccAvsZipMatch:enum isRecurringPayment:boolean
		ccSecurityCodeMatch:enum altSalesTotal:double ignoreAvs:boolean paymentEventResult:enum paymentEventHoldReason:enum
		paymentEventType:enum paymentEventDate:dateTime paymentEventUpdatedBy subTotal:double discountTotal:double taxTotal:double
		altShippingCost:double altHandlingCost:double total:double revRecSchedule:RecordRef revRecStartDate:dateTime
		revRecEndDate:dateTime paypalAuthId balance:double paypalProcess:boolean billingSchedule:RecordRef ccSecurityCode
		threeDStatusCode class:RecordRef department:RecordRef subsidiary:RecordRef intercoTransaction:RecordRef intercoStatus:enum
		debitCardIssueNo lastModifiedDate:dateTime nexus:RecordRef subsidiaryTaxRegNum:RecordRef taxRegOverride:boolean
		taxPointDate:dateTime taxDetailsOverride:boolean location:RecordRef pnRefNum status tax2Total:double terms:RecordRef
		validFrom:dateTime vatRegNum giftCertApplied:double oneTime:double recurWeekly:double recurMonthly:double
		recurQuarterly:double recurAnnually:double tranIsVsoeBundle:boolean vsoeAutoCalc:boolean syncPartnerTeams:boolean
		salesTeamList:any partnersList:any giftCertRedemptionList:any promotionsList:any itemList:SalesOrderItemList
		shipGroupList:any accountingBookDetailList:any taxDetailsList:TaxDetailsList customFieldList:CustomFieldList`),
	"SalesOrderItemList": list("tranSales", "item:SalesOrderItem", "replaceAll"),
	"SalesOrderItem": sequence("tranSales", `
		job:RecordRef subscription:RecordRef item:RecordRef quantityAvailable:double expandItemGroup:boolean lineUniqueKey:long
		quantityOnHand:double quantity:double units:RecordRef inventoryDetail:any description price:RecordRef rate serialNumbers
		amount:double isTaxable:boolean commitInventory:enum orderPriority:double licenseCode options:CustomFieldList
		department:RecordRef class:RecordRef location:RecordRef createPo:enum createdPo:RecordRef altSalesAmt:double
		createWo:boolean poVendor:RecordRef poCurrency poRate:double revRecSchedule:RecordRef revRecStartDate:dateTime
		revRecTermInMonths:long revRecEndDate:dateTime deferRevRec:boolean isClosed:boolean itemFulfillmentChoice:enum
		catchUpPeriod:RecordRef billingSchedule:RecordRef fromJob:boolean grossAmt:double taxAmount:double
		excludeFromRateRequest:boolean isEstimate:boolean inventoryLocation:RecordRef inventorySubsidiary:RecordRef line:long
		percentComplete:double costEstimateType:enum costEstimate:double quantityBackOrdered:double quantityBilled:double
		quantityCommitted:double quantityFulfilled:double quantityPacked:double quantityPicked:double tax1Amt:double
		taxCode:RecordRef taxRate1:double taxRate2:double giftCertFrom giftCertRecipientName giftCertRecipientEmail giftCertMessage
		giftCertNumber shipGroup:long itemIsFulfilled:boolean shipAddress:RecordRef shipMethod:RecordRef vsoeSopGroup:enum
		vsoeIsEstimate:boolean vsoePrice:double vsoeAmount:double vsoeAllocation:double vsoeDeferral:enum vsoePermitDiscount:enum
		vsoeDelivered:boolean expectedShipDate:dateTime noAutoAssignLocation:boolean locationAutoAssigned:boolean
		taxDetailsReference chargeType:RecordRef orderAllocationStrategy:RecordRef requestedDate:dateTime
		customFieldList:CustomFieldList`),
	"TaxDetailsList": list("platformCommon", "taxDetails:TaxDetails", "replaceAll"),
	"TaxDetails": sequence("platformCommon", `taxDetailsReference lineType lineName netAmount:double grossAmount:double
		taxType:RecordRef taxCode:RecordRef taxBasis:double taxRate:double taxAmount:double calcDetail`),

	"CustomerDeposit": record("tranCust", `
		createdDate:dateTime lastModifiedDate:dateTime status customer:RecordRef salesOrder:RecordRef customForm:RecordRef
		payment:double currency:RecordRef tranDate:dateTime postingPeriod:RecordRef paymentMethod:RecordRef
		ccIsPurchaseCardBin:boolean memo ccProcessAsPurchaseCard:boolean currencyName exchangeRate:double checkNum
		creditCardProcessor:RecordRef creditCard:RecordRef ccSecurityCode ccNumber subsidiary:RecordRef department:RecordRef
		class:RecordRef location:RecordRef paymentOption:RecordRef inputAuthCode inputReferenceCode checkNumber paymentCardCsc
		paymentProcessingProfile:RecordRef handlingMode:enum outputAuthCode outputReferenceCode paymentOperation:enum
		dynamicDescriptor ccExpireDate:dateTime debitCardIssueNo validFrom:dateTime ccName ccStreet ccZipCode chargeIt:boolean
		ccApproved:boolean pnRefNum authCode ccAvsStreetMatch:enum softDescriptor ccAvsZipMatch:enum isRecurringPayment:boolean
		ccSecurityCodeMatch:enum threeDStatusCode ignoreAvs:boolean account:RecordRef undepFunds:boolean tranId applyList:any
		accountingBookDetailList:any salesOrderRequiredDepositDue:double customFieldList:CustomFieldList`),

	"ReturnAuthorization": record("tranCust", `
		createdDate:dateTime lastModifiedDate:dateTime nexus:RecordRef subsidiaryTaxRegNum:RecordRef taxRegOverride:boolean
		taxDetailsOverride:boolean customForm:RecordRef currency:RecordRef entity:RecordRef vatRegNum tranDate:dateTime tranId
		entityTaxRegNum:RecordRef taxPointDate:dateTime source department:RecordRef class:RecordRef location:RecordRef
		subsidiary:RecordRef intercoTransaction:RecordRef intercoStatus:enum job:RecordRef partner:RecordRef otherRefNum
		leadSource:RecordRef memo drAccount:RecordRef fxAccount:RecordRef salesEffectiveDate:dateTime createdFrom:RecordRef
		revRecSchedule:RecordRef totalCostEstimate:double estGrossProfit:double estGrossProfitPercent:double
		revRecStartDate:dateTime revRecEndDate:dateTime excludeCommission:boolean exchangeRate:double currencyName
		discountItem:RecordRef discountRate taxItem:RecordRef taxRate:double toBePrinted:boolean toBeEmailed:boolean
		toBeFaxed:boolean messageSel:RecordRef message billingAddress:Address billAddressList:RecordRef
		shipAddressList:RecordRef shipAddress salesGroup:RecordRef syncSalesTeams:boolean revenueStatus:enum
		recognizedRevenue:double deferredRevenue:double revRecOnRevCommitment:boolean revCommitStatus:enum
		paymentMethod:RecordRef creditCard:RecordRef ccNumber altSalesTotal:double ccExpireDate:dateTime ccName ccStreet
		ccZipCode ccApproved:boolean pnRefNum subTotal:double discountTotal:double total:double creditCardProcessor:RecordRef
		payPalAuthId payPalProcess:boolean email fax debitCardIssueNo isTaxable:boolean promoCode:RecordRef status
		taxTotal:double tax2Total:double validFrom:dateTime orderStatus:enum salesRep:RecordRef giftCert:RecordRef contribPct
		giftCertTotal:double giftCertApplied:double giftCertAvailable:double tranIsVsoeBundle:boolean vsoeAutoCalc:boolean
		syncPartnerTeams:boolean itemList:ReturnAuthorizationItemList accountingBookDetailList:any salesTeamList:any
		partnersList:any taxDetailsList:TaxDetailsList customFieldList:CustomFieldList`),
	"ReturnAuthorizationItemList": list("tranCust", "item:ReturnAuthorizationItem", "replaceAll"),
	"ReturnAuthorizationItem": sequence("tranCust", `
		job:RecordRef item:RecordRef orderLine:long line:long quantity:double quantityReceived:double quantityBilled:double
		units:RecordRef inventoryDetail:any description serialNumbers price:RecordRef rate amount:double options:CustomFieldList
		revRecTermInMonths:long deferRevRec:boolean isClosed:boolean isDropShipment:boolean inventoryLocation:RecordRef
		inventorySubsidiary:RecordRef catchUpPeriod:RecordRef department:RecordRef costEstimateType:enum costEstimate:double
		taxDetailsReference class:RecordRef location:RecordRef revRecSchedule:RecordRef revRecStartDate:dateTime
		revRecEndDate:dateTime taxCode:RecordRef taxRate1:double taxRate2:double tax1Amt:double grossAmt:double
		isTaxable:boolean giftCertFrom giftCertRecipientName giftCertRecipientEmail giftCertMessage giftCertNumber
		vsoeSopGroup:enum vsoeIsEstimate:boolean vsoePrice:double vsoeAmount:double altSalesAmt:double taxAmount:double
		vsoeAllocation:double vsoeDeferral:enum vsoePermitDiscount:enum vsoeDelivered:boolean customFieldList:CustomFieldList`),

	"CreditMemo": record("tranCust", `
		createdDate:dateTime lastModifiedDate:dateTime nexus:RecordRef subsidiaryTaxRegNum:RecordRef taxRegOverride:boolean
		taxDetailsOverride:boolean customForm:RecordRef currency:RecordRef entity:RecordRef vatRegNum tranDate:dateTime tranId
		entityTaxRegNum:RecordRef taxPointDate:dateTime createdFrom:RecordRef postingPeriod:RecordRef department:RecordRef
		class:RecordRef location:RecordRef subsidiary:RecordRef job:RecordRef salesRep:RecordRef partner:RecordRef contribPct
		otherRefNum memo excludeCommission:boolean leadSource:RecordRef balance:double account:RecordRef exchangeRate:double
		onCreditHold amountPaid:double salesEffectiveDate:dateTime totalCostEstimate:double estGrossProfit:double
		estGrossProfitPercent:double currencyName promoCode:RecordRef amountRemaining:double discountItem:RecordRef source
		discountRate isTaxable:boolean taxItem:RecordRef taxRate:double unapplied:double autoApply:boolean applied:double
		toBePrinted:boolean toBeEmailed:boolean email toBeFaxed:boolean fax messageSel:RecordRef message billingAddress:Address
		billAddressList:RecordRef shipMethod:RecordRef shippingCost:double shippingTax1Rate:double shippingTaxCode:RecordRef
		handlingTaxCode:RecordRef shippingTax2Rate handlingTax1Rate:double handlingTax2Rate handlingCost:double subTotal:double
		discountTotal:double revenueStatus:enum recognizedRevenue:double deferredRevenue:double revRecOnRevCommitment:boolean
		taxTotal:double tax2Total:double altShippingCost:double altHandlingCost:double isMultiShipTo:boolean total:double
		salesGroup:RecordRef syncSalesTeams:boolean status giftCert:RecordRef giftCertTotal:double giftCertApplied:double
		giftCertAvailable:double tranIsVsoeBundle:boolean vsoeAutoCalc:boolean syncPartnerTeams:boolean salesTeamList:any
		itemList:CreditMemoItemList accountingBookDetailList:any partnersList:any applyList:any taxDetailsList:TaxDetailsList
		customFieldList:CustomFieldList`),
	"CreditMemoItemList": list("tranCust", "item:CreditMemoItem", "replaceAll"),
	"CreditMemoItem": sequence("tranCust", `
		job:RecordRef item:RecordRef orderLine:long line:long quantity:double description binNumbers price:RecordRef rate
		amount:double isTaxable:boolean options:CustomFieldList shipAddress:RecordRef shipCarrier:enum shipMethod:RecordRef
		taxCode:RecordRef taxRate1:double taxRate2:double tax1Amt:double grossAmt:double department:RecordRef class:RecordRef
		location:RecordRef costEstimateType:enum costEstimate:double taxDetailsReference revRecSchedule:RecordRef
		revRecStartDate:dateTime revRecTermInMonths:long revRecEndDate:dateTime units:RecordRef inventoryDetail:any
		serialNumbers deferRevRec:boolean giftCertFrom giftCertRecipientName giftCertRecipientEmail giftCertMessage
		taxAmount:double giftCertNumber vsoeSopGroup:enum vsoeIsEstimate:boolean vsoePrice:double vsoeAmount:double
		vsoeAllocation:double vsoeDeferral:enum vsoePermitDiscount:enum vsoeDelivered:boolean catchUpPeriod:RecordRef
		chargeType:RecordRef subscriptionLine:RecordRef chargesList:any customFieldList:CustomFieldList`),

	"CashRefund": record("tranCust", `
		createdDate:dateTime lastModifiedDate:dateTime nexus:RecordRef subsidiaryTaxRegNum:RecordRef taxRegOverride:boolean
		taxDetailsOverride:boolean customForm:RecordRef entity:RecordRef vatRegNum tranDate:dateTime tranId
		entityTaxRegNum:RecordRef taxPointDate:dateTime source createdFrom:RecordRef postingPeriod:RecordRef
		department:RecordRef class:RecordRef location:RecordRef leadSource:RecordRef subsidiary:RecordRef salesRep:RecordRef
		partner:RecordRef contribPct otherRefNum memo salesEffectiveDate:dateTime refundCheck:boolean toPrint2:boolean
		excludeCommission:boolean totalCostEstimate:double estGrossProfit:double estGrossProfitPercent:double account:RecordRef
		currency:RecordRef exchangeRate:double currencyName promoCode:RecordRef discountItem:RecordRef discountRate
		isTaxable:boolean taxItem:RecordRef taxRate:double toBePrinted:boolean toBeEmailed:boolean email toBeFaxed:boolean fax
		messageSel:RecordRef message paymentOption:RecordRef inputAuthCode inputReferenceCode checkNumber paymentCardCsc
		paymentProcessingProfile:RecordRef handlingMode:enum outputAuthCode outputReferenceCode paymentOperation:enum
		dynamicDescriptor billingAddress:Address billAddressList:RecordRef shipMethod:RecordRef shippingTaxCode:RecordRef
		shippingTax1Rate:double shippingTax2Rate shippingCost:double handlingTaxCode:RecordRef handlingTax1Rate:double
		handlingTax2Rate handlingCost:double salesGroup:RecordRef syncSalesTeams:boolean paymentMethod:RecordRef
		revenueStatus:enum recognizedRevenue:double deferredRevenue:double revRecOnRevCommitment:boolean creditCard:RecordRef
		chargeIt:boolean ccNumber ccExpireDate:dateTime ccName ccStreet ccZipCode ccApproved:boolean
		creditCardProcessor:RecordRef debitCardIssueNo pnRefNum validFrom:dateTime payPalTranId subTotal:double
		ccIsPurchaseCardBin:boolean discountTotal:double ccProcessAsPurchaseCard:boolean taxTotal:double tax2Total:double
		altShippingCost:double payPalStatus altHandlingCost:double total:double payPalAuthId status job:RecordRef
		giftCert:RecordRef giftCertTotal:double giftCertApplied:double giftCertAvailable:double tranIsVsoeBundle:boolean
		payPalProcess:boolean vsoeAutoCalc:boolean syncPartnerTeams:boolean itemList:CashRefundItemList
		accountingBookDetailList:any salesTeamList:any partnersList:any taxDetailsList:TaxDetailsList
		customFieldList:CustomFieldList`),
	"CashRefundItemList": list("tranCust", "item:CashRefundItem", "replaceAll"),
	"CashRefundItem": sequence("tranCust", `
		job:RecordRef item:RecordRef line:long orderLine:long quantity:double units:RecordRef inventoryDetail:any binNumbers
		serialNumbers description price:RecordRef rate amount:double taxCode:RecordRef taxRate1 taxRate2 tax1Amt:double
		grossAmt:double isTaxable:boolean options:CustomFieldList department:RecordRef class:RecordRef location:RecordRef
		revRecSchedule:RecordRef revRecStartDate:dateTime revRecEndDate:dateTime catchUpPeriod:RecordRef deferRevRec:boolean
		giftCertFrom costEstimateType:enum costEstimate:double taxDetailsReference giftCertRecipientName giftCertRecipientEmail
		giftCertMessage taxAmount:double giftCertNumber vsoeSopGroup:enum vsoeIsEstimate:boolean vsoePrice:double
		vsoeAmount:double vsoeAllocation:double vsoeDeferral:enum vsoePermitDiscount:enum vsoeDelivered:boolean
		chargeType:RecordRef chargesList:any customFieldList:CustomFieldList`),

	"CheckAsyncStatusRequest": sequence("platformMsgs", "jobId"),
	"GetAsyncResultRequest":   sequence("platformMsgs", "jobId pageIndex:int"),
	"SearchRequest":           sequence("platformMsgs", "searchRecord:ItemSearchBasic"),
	"SearchPreferences":       sequence("platformMsgs", "bodyFieldsOnly:boolean returnSearchColumns:boolean pageSize:int"),
	"ItemSearchBasic":         sequence("platformCommon", itemSearchBasic),
	"SearchStringField": func() complexType {
		t := sequence("platformCore", "searchValue")
		t.attributes = []string{"operator"}
		return t
	}(),
	"SearchMultiSelectField": list("platformCore", "searchValue:RecordRef", "operator"),
	"SearchBooleanField":     sequence("platformCore", "searchValue:boolean"),

	"GetItemAvailabilityRequest": sequence("platformMsgs", "itemAvailabilityFilter:ItemAvailabilityFilter"),
	"ItemAvailabilityFilter":     sequence("platformCore", "item:RecordRefList lastQtyAvailableChange:dateTime"),
	"RecordRefList":              list("platformCore", "recordRef:RecordRef"),
}
