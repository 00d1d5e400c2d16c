package suitetalk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/beevik/etree"
)

// An Item is one that can be searched for.
type Item struct {
	InternalID, ItemID, ExternalID string
	Type                           string // its XML type; empty: InventoryItem
	Inactive                       bool
}

// SetCatalog changes which items there are to be found, for requests that come from now on.
func (s *Server) SetCatalog(items []Item) {
	s.accountMu.Lock()
	defer s.accountMu.Unlock()
	s.conf.Catalog = slices.Clone(items)
}

func (s *Server) catalog() []Item {
	s.accountMu.Lock()
	defer s.accountMu.Unlock()
	return s.conf.Catalog
}

// The sizes a page of a search may have.
const (
	leastPage   = 5
	mostPage    = 1000
	defaultPage = 1000
)

// readSearchPreferences reads the header of a search.
func (req *request) readSearchPreferences(h *etree.Element) *fault {
	p, f := req.schema.read(h, "SearchPreferences", "searchPreferences")
	if f != nil {
		return f
	}
	if size := valueOf(p, "pageSize"); size != "" {
		n, err := strconv.Atoi(size)
		if err != nil || n < leastPage || n > mostPage {
			return vendorFault("INVALID_SEARCH_PAGE_SIZE", fmt.Sprintf("The page size must be from %d to %d.", leastPage, mostPage))
		}
		req.page = n
	}
	return nil
}

// searchItems answers a search for items: the first page of those that meet all criteria.
// Of the criteria it knows those by which a storefront's goods are found.
func (s *Server) searchItems(req *request) (*etree.Element, *fault) {
	basic := child(req.question, "searchRecord")
	if basic == nil || basic.SelectAttrValue("xsi:type", "") != "platformCommon:ItemSearchBasic" {
		return nil, malformedRequest("searchRecord is abstract: the simulator searches by ItemSearchBasic alone")
	}
	items := slices.Clone(s.catalog())
	for _, c := range basic.ChildElements() {
		meets, f := criterion(c)
		if f != nil {
			return nil, f
		}
		items = slices.DeleteFunc(items, func(it Item) bool { return !meets(it) })
	}
	size := req.page
	if size == 0 {
		size = defaultPage
	}
	e := etree.NewElement("platformCore:searchResult")
	e.AddChild(status(false, nil))
	for _, f := range []struct {
		name  string
		value int
	}{{"totalRecords", len(items)}, {"pageSize", size}, {"totalPages", (len(items) + size - 1) / size}, {"pageIndex", 1}} {
		e.CreateElement("platformCore:" + f.name).SetText(strconv.Itoa(f.value))
	}
	e.CreateElement("platformCore:searchId").SetText(fmt.Sprintf("WEBSERVICES_%d_SEARCH", req.id))
	list := e.CreateElement("platformCore:recordList")
	for _, it := range items[:min(len(items), size)] {
		list.AddChild(it.record())
	}
	return e, nil
}

// criterion returns what an item must be to meet one criterion.
func criterion(c *etree.Element) (func(Item) bool, *fault) {
	operator, value := c.SelectAttrValue("operator", ""), valueOf(c, "searchValue")
	needs := func(want string) *fault {
		if operator != want {
			return vendorFault("INVALID_SEARCH_OPERATOR", fmt.Sprintf("The operator %q of %s is not valid here.", operator, c.Tag))
		}
		return nil
	}
	switch c.Tag {
	case "isInactive":
		return func(it Item) bool { return it.Inactive == isTrue(value) }, nil
	case "itemId": // in any case; a variant's own part of its name, too
		return func(it Item) bool {
			own := it.ItemID[strings.LastIndex(it.ItemID, ":")+1:]
			return strings.EqualFold(it.ItemID, value) || strings.EqualFold(strings.TrimSpace(own), value)
		}, needs("is")
	case "externalId":
		var ids []string
		for _, ref := range c.ChildElements() {
			ids = append(ids, ref.SelectAttrValue("externalId", ""))
		}
		return func(it Item) bool { return it.ExternalID != "" && slices.Contains(ids, it.ExternalID) }, needs("anyOf")
	}
	return nil, malformedRequest("the simulator does not search items by %s", c.Tag)
}

func (it Item) record() *etree.Element {
	typ := it.Type
	if typ == "" {
		typ = "InventoryItem"
	}
	e := etree.NewElement("platformCore:record")
	e.CreateAttr("xsi:type", "listAcct:"+typ)
	e.CreateAttr("internalId", it.InternalID)
	if it.ExternalID != "" {
		e.CreateAttr("externalId", it.ExternalID)
	}
	e.CreateElement("listAcct:isInactive").SetText(strconv.FormatBool(it.Inactive))
	e.CreateElement("listAcct:itemId").SetText(it.ItemID)
	return e
}

// itemSearchBasic is what items can be searched by.
const itemSearchBasic = `
	accBookRevRecForecastRule:SearchMultiSelectField account:SearchMultiSelectField accountingBook:SearchMultiSelectField
	accountingBookAmortization:SearchMultiSelectField accountingBookCreatePlansOn:SearchMultiSelectField
	accountingBookRevRecRule:SearchMultiSelectField accountingBookRevRecSchedule:SearchMultiSelectField
	allowedShippingMethod:SearchMultiSelectField alternateDemandSourceItem:SearchMultiSelectField atpLeadTime:any
	atpMethod:any autoLeadTime:SearchBooleanField autoPreferredStockLevel:SearchBooleanField
	autoReorderPoint:SearchBooleanField availableToPartners:SearchBooleanField averageCost:any backwardConsumptionDays:any
	binNumber:SearchStringField binOnHandAvail:any binOnHandCount:any bomQuantity:any
	buildEntireAssembly:SearchBooleanField buildTime:any buildTimeLotSize:any buyItNowPrice:any caption:SearchStringField
	category:SearchMultiSelectField class:SearchMultiSelectField component:SearchMultiSelectField
	componentOf:SearchMultiSelectField componentYield:any consumptionUnit:SearchMultiSelectField
	contingentRevenueHandling:SearchBooleanField conversionRate:any copyDescription:SearchBooleanField
	correlatedItem:SearchMultiSelectField correlatedItemCorrelation:any correlatedItemCount:any correlatedItemLift:any
	correlatedItemPurchaseRate:any cost:any costAccountingStatus:any costCategory:SearchMultiSelectField costEstimate:any
	costEstimateType:any costingMethod:any countryOfManufacture:any created:any createJob:SearchBooleanField
	createRevenuePlansOn:SearchMultiSelectField dateViewed:any daysBeforeExpiration:any defaultReturnCost:any
	defaultShippingMethod:SearchMultiSelectField deferRevRec:SearchBooleanField demandModifier:any demandSource:any
	demandTimeFence:any department:SearchMultiSelectField directRevenuePosting:SearchBooleanField
	displayIneBayStore:SearchBooleanField displayName:SearchStringField distributionCategory:SearchMultiSelectField
	distributionNetwork:SearchMultiSelectField dontShowPrice:SearchBooleanField eBayItemDescription:SearchStringField
	eBayItemSubtitle:SearchStringField eBayItemTitle:SearchStringField ebayRelistingOption:any effectiveBomControl:any
	effectiveDate:any effectiveRevision:SearchMultiSelectField enableCatchWeight:SearchBooleanField
	endAuctionsWhenOutOfStock:SearchBooleanField excludeFromSitemap:SearchBooleanField externalId:SearchMultiSelectField
	externalIdString:SearchStringField featuredDescription:SearchStringField feedDescription:SearchStringField
	feedName:SearchStringField fixedBuildTime:any fixedLotSize:any forwardConsumptionDays:any fraudRisk:any
	froogleProductFeed:SearchBooleanField futureHorizon:any fxCost:any generateAccruals:SearchBooleanField
	giftCertAuthCode:SearchStringField giftCertEmail:SearchStringField giftCertExpDate:any giftCertFrom:SearchStringField
	giftCertMsg:SearchStringField giftCertOrigAmt:SearchStringField giftCertRecipient:SearchStringField
	hierarchyNode:SearchMultiSelectField hierarchyVersion:SearchMultiSelectField imageUrl:SearchStringField
	includeChildren:SearchBooleanField internalId:SearchMultiSelectField internalIdNumber:any
	inventoryLocation:SearchMultiSelectField invtClassification:any invtCountInterval:any isAvailable:SearchBooleanField
	isDropShipItem:SearchBooleanField isFulfillable:SearchBooleanField isGcoCompliant:SearchBooleanField
	isInactive:SearchBooleanField isLotItem:SearchBooleanField isOnline:SearchBooleanField
	isPreferredVendor:SearchBooleanField isSerialItem:SearchBooleanField isSpecialOrderItem:SearchBooleanField
	isSpecialWorkOrderItem:SearchBooleanField isStorePickupAllowed:SearchBooleanField issueProduct:SearchMultiSelectField
	isTaxable:SearchBooleanField isVsoeBundle:SearchBooleanField isWip:SearchBooleanField itemId:SearchStringField
	itemRevenueCategory:SearchMultiSelectField itemUrl:SearchStringField lastInvtCountDate:any lastModifiedDate:any
	lastPurchasePrice:any lastQuantityAvailableChange:any leadTime:any listingDuration:any location:SearchMultiSelectField
	locationAllowStorePickup:SearchBooleanField locationAtpLeadTime:any locationAverageCost:any locationBuildTime:any
	locationCost:any locationCostAccountingStatus:any locationDefaultReturnCost:any locationDemandSource:any
	locationDemandTimeFence:any locationFixedLotSize:any locationInventoryCostTemplate:SearchMultiSelectField
	locationInvtClassification:any locationInvtCountInterval:any locationLastInvtCountDate:any locationLeadTime:any
	locationNextInvtCountDate:any locationPeriodicLotSizeDays:any locationPeriodicLotSizeType:any
	locationPreferredStockLevel:any locationQtyAvailForStorePickup:any locationQuantityAvailable:any
	locationQuantityBackOrdered:any locationQuantityCommitted:any locationQuantityInTransit:any locationQuantityOnHand:any
	locationQuantityOnOrder:any locationReorderPoint:any locationRescheduleInDays:any locationRescheduleOutDays:any
	locationSafetyStockLevel:any locationStorePickupBufferStock:any locationSupplyLotSizingMethod:any
	locationSupplyTimeFence:any locationSupplyType:any locationTotalValue:any locBackwardConsumptionDays:any
	locForwardConsumptionDays:any lowerWarningLimit:any manufacturer:SearchStringField manufactureraddr1:SearchStringField
	manufacturerCity:SearchStringField manufacturerState:SearchStringField manufacturerTariff:SearchStringField
	manufacturerTaxId:SearchStringField manufacturerZip:SearchStringField manufacturingChargeItem:SearchBooleanField
	matchBillToReceipt:SearchBooleanField matrix:SearchBooleanField matrixChild:SearchBooleanField maximumQuantity:any
	metaTagHtml:SearchStringField minimumQuantity:any mossApplies:SearchBooleanField mpn:SearchStringField
	multManufactureAddr:SearchBooleanField nexTagCategory:SearchStringField nexTagProductFeed:SearchBooleanField
	nextInvtCountDate:any numActiveListings:any numberAllowedDownloads:any numCurrentlyListed:any obsoleteDate:any
	obsoleteRevision:SearchMultiSelectField offerSupport:SearchBooleanField onlineCustomerPrice:any
	onSpecial:SearchBooleanField otherVendor:SearchMultiSelectField outOfStockBehavior:SearchMultiSelectField
	overallQuantityPricingType:any overheadType:any pageTitle:SearchStringField parent:SearchMultiSelectField
	periodicLotSizeDays:any periodicLotSizeType:any planningItemCategory:SearchMultiSelectField
	preferenceCriterion:SearchStringField preferredBin:SearchBooleanField preferredLocation:SearchMultiSelectField
	preferredStockLevel:any preferredStockLevelDays:any price:any pricesIncludeTax:SearchBooleanField
	pricingGroup:SearchMultiSelectField primaryCategory:any purchaseOrderAmount:any purchaseOrderQuantity:any
	purchaseOrderQuantityDiff:any purchaseUnit:SearchMultiSelectField quantityAvailable:any quantityBackOrdered:any
	quantityCommitted:any quantityOnHand:any quantityOnOrder:any quantityPricingSchedule:SearchMultiSelectField
	receiptAmount:any receiptQuantity:any receiptQuantityDiff:any reorderMultiple:any reorderPoint:any
	rescheduleInDays:any rescheduleOutDays:any reservePrice:any revenueAllocationGroup:SearchMultiSelectField
	revenueRecognitionRule:SearchMultiSelectField revRecForecastRule:SearchMultiSelectField
	revRecSchedule:SearchMultiSelectField roundUpAsComponent:SearchBooleanField safetyStockLevel:any
	safetyStockLevelDays:any salesDescription:SearchStringField saleUnit:SearchMultiSelectField
	sameAsPrimaryBookAmortization:SearchBooleanField sameAsPrimaryBookRevRec:SearchBooleanField scheduleBCode:any
	scheduleBNumber:SearchStringField scheduleBQuantity:SearchStringField searchKeywords:SearchStringField
	seasonalDemand:SearchBooleanField secondaryConsumptionUnit:SearchMultiSelectField
	secondaryPurchaseUnit:SearchMultiSelectField secondarySaleUnit:SearchMultiSelectField
	secondaryStockUnit:SearchMultiSelectField secondaryUnitsType:SearchMultiSelectField sellOnEBay:SearchBooleanField
	serialNumber:SearchStringField serialNumberLocation:SearchMultiSelectField shipIndividually:SearchBooleanField
	shipPackage:SearchMultiSelectField shippingCarrier:any shippingRate:any shoppingDotComCategory:SearchStringField
	shoppingProductFeed:SearchBooleanField shopzillaCategoryId:any shopzillaProductFeed:SearchBooleanField
	sitemapPriority:any softDescriptor:SearchMultiSelectField startingPrice:any stockDescription:SearchStringField
	stockUnit:SearchMultiSelectField storeDescription:SearchStringField subsidiary:SearchMultiSelectField subType:any
	supplyLotSizingMethod:any supplyReplenishmentMethod:any supplyTimeFence:any supplyType:any
	taxCode:SearchMultiSelectField taxSchedule:SearchMultiSelectField thumbnailUrl:SearchStringField totalValue:any
	trackLandedCost:SearchBooleanField transferPrice:any type:any unitsType:SearchMultiSelectField
	upcCode:SearchStringField upperWarningLimit:any urlComponent:SearchStringField useBins:SearchBooleanField
	useComponentYield:SearchBooleanField useMarginalRates:SearchBooleanField vendor:SearchMultiSelectField
	vendorCode:SearchStringField vendorCost:any vendorCostEntered:any vendorName:SearchStringField
	vendorPriceCurrency:SearchMultiSelectField vsoeDeferral:any vsoeDelivered:SearchBooleanField vsoePermitDiscount:any
	vsoePrice:any vsoeSopGroup:any webSite:SearchMultiSelectField weight:any yahooProductFeed:SearchBooleanField
	customFieldList:any`
