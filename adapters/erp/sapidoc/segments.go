package sapidoc

import "github.com/hakooi/erpbridge/adapters/erp/salesdoc"

// A field is one of a segment's, with what it takes. Lengths are characters, as SAP's
// Unicode systems and its schemas count them.
type field struct {
	name string
	rule salesdoc.Rule
	s4   bool // S/4HANA has it, ECC has not
}

// key is a field that must not be cut: half a number is another number.
func key(name string, length int) field {
	return field{name: name, rule: salesdoc.Rule{Length: length, Overflow: salesdoc.Hold}}
}

// text is a field for people: what is too long ends with "…".
func text(name string, length int) field {
	return field{name: name, rule: salesdoc.Rule{Length: length, Overflow: salesdoc.CutMark}}
}

// extra is a field that is left out rather than cut: half a phone number helps nobody.
func extra(name string, length int) field {
	return field{name: name, rule: salesdoc.Rule{Length: length, Overflow: salesdoc.Omit}}
}

// s4 is a field of S/4HANA only.
func s4(f field) field {
	f.s4 = true
	return f
}

// segments are the fields we write, by segment, in the order in which the segment has
// them. Names, order and lengths are those of ORDERS05 and DEBMAS07 as SAP releases them
// (WE60); a test holds them against its schemas.
var segments = map[string][]field{
	"EDI_DC40": {
		key("TABNAM", 10), key("MANDT", 3), key("DOCNUM", 16), key("DIRECT", 1), key("TEST", 1), key("IDOCTYP", 30), key("CIMTYP", 30),
		key("MESTYP", 30), key("MESCOD", 3), key("MESFCT", 3),
		key("SNDPOR", 10), key("SNDPRT", 2), key("SNDPFC", 2), key("SNDPRN", 10),
		key("RCVPOR", 10), key("RCVPRT", 2), key("RCVPFC", 2), key("RCVPRN", 10),
		key("CREDAT", 8), key("CRETIM", 6), key("ARCKEY", 70), key("SERIAL", 20),
	},

	"E1EDK01": {
		key("ACTION", 3), key("CURCY", 3), key("ZTERM", 17), key("BSART", 4), key("BELNR", 35), key("VSART", 2), key("AUGRU", 3),
	},
	"E1EDK14": {key("QUALF", 3), key("ORGID", 35)},
	"E1EDK03": {key("IDDAT", 3), key("DATUM", 8)},
	"E1EDK04": {key("MWSKZ", 7), key("MSATZ", 17), key("MWSBT", 18)},
	"E1EDK05": {key("ALCKZ", 3), key("KSCHL", 4), text("KOTXT", 80), key("BETRG", 18), key("MWSKZ", 7), key("MSATZ", 17), key("KOEIN", 3)},
	"E1EDKA1": {
		key("PARVW", 3), key("PARTN", 17), text("NAME1", 35), text("NAME2", 35), text("STRAS", 35), text("STRS2", 35), text("ORT01", 35),
		key("PSTLZ", 9), key("LAND1", 3), extra("TELF1", 25), extra("REGIO", 3), key("SPRAS_ISO", 2),
	},
	"E1EDK02": {key("QUALF", 3), key("BELNR", 35), key("DATUM", 8)},
	"E1EDKT1": {key("TDID", 4), key("TSSPRAS_ISO", 2)},
	"E1EDKT2": {{name: "TDLINE", rule: salesdoc.Rule{Length: 70, Overflow: salesdoc.Wrap}}, key("TDFORMAT", 2)},

	"E1EDP01": {
		key("POSEX", 6), key("ACTION", 3), key("MENGE", 15), key("MENEE", 3), key("VPREI", 15), key("PEINH", 9), key("CURCY", 3),
		key("ABGRU", 2), key("WERKS", 4), key("MATNR", 35), s4(key("MATNR_LONG", 40)),
	},
	"E1EDP04": {key("MWSKZ", 7), key("MSATZ", 17), key("MWSBT", 18)},
	"E1EDP05": {
		key("ALCKZ", 3), key("KSCHL", 4), text("KOTXT", 80), key("BETRG", 18), key("KRATE", 15), key("UPRBS", 9), key("MEAUN", 3), key("KOEIN", 3),
	},
	"E1EDP20": {key("WMENG", 15), key("EDATU", 8)},
	"E1EDP19": {key("QUALF", 3), key("IDTNR", 35), text("KTEXT", 70), s4(key("IDTNR_LONG", 40))},
	"E1EDPT1": {key("TDID", 4), key("TSSPRAS_ISO", 2)},
	"E1EDPT2": {{name: "TDLINE", rule: salesdoc.Rule{Length: 70, Overflow: salesdoc.Wrap}}, key("TDFORMAT", 2)},
	"E1EDS01": {key("SUMID", 3), key("SUMME", 18), key("SUNIT", 3)},

	"E1KNA1M": {
		key("MSGFN", 3), key("KUNNR", 10), key("KTOKD", 4), key("LAND1", 3), text("NAME1", 35), text("NAME2", 35), text("ORT01", 35),
		key("PSTLZ", 10), extra("REGIO", 3), text("SORTL", 10), text("STRAS", 35), extra("TELF1", 16), extra("STCEG", 20), key("SPRAS_ISO", 2),
	},
	"E1KNVVM": {key("MSGFN", 3), key("VKORG", 4), key("VTWEG", 2), key("SPART", 2), key("KALKS", 1), key("VSBED", 2), key("WAERS", 5), key("ZTERM", 4)},
	"E1KNVPM": {key("MSGFN", 3), key("PARVW", 2), key("KUNN2", 10)},
	"E1KNB1M": {key("MSGFN", 3), key("BUKRS", 6), key("AKONT", 10), key("ZTERM", 4)},
}

// most are how often a segment may occur, where that is a limit an order can reach.
var most = map[string]int{"E1EDK04": 10, "E1EDK05": 16, "E1EDP05": 16}

// maxItems is how many items fit: SAP numbers them in tens, with six digits.
const maxItems = 99_999
