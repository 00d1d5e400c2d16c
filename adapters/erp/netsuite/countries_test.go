package netsuite

import (
	"path/filepath"
	"testing"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge/internal/testenv"
)

func TestCountries(t *testing.T) {
	seen := map[string]string{}
	for code, name := range countries {
		if other, ok := seen[name]; ok {
			t.Errorf("%s and %s are both %s", code, other, name)
		}
		seen[name] = code
		if len(code) != 2 || !countryShape.MatchString(name) {
			t.Errorf("%s: %s", code, name)
		}
	}
	for code, want := range map[string]string{
		"US": "_unitedStates", "GB": "_unitedKingdom", "DE": "_germany", "CH": "_switzerland", "CN": "_china", "TW": "_taiwan",
		"KP": "_koreaTheDemocraticPeoplesRepublicOf", "KR": "_koreaTheRepublicOf", "CD": "_congoTheDemocraticRepublicOfThe", "CG": "_congo",
		"GN": "_guinea", "GQ": "_equatorialGuinea", "GW": "_guineaBissau", "PG": "_papuaNewGuinea", "NE": "_niger", "NG": "_nigeria",
		"AT": "_austria", "AU": "_australia", "SK": "_slovakia", "SI": "_slovenia", "LT": "_lithuania", "LV": "_latvia", "LU": "_luxembourg",
		"SE": "_sweden", "SZ": "_eswatini", "VG": "_virginIslandsBritish", "VI": "_virginIslandsUS", "MF": "_saintMartinFrenchPart",
		"SX": "_sintMaartenDutchPart", "AX": "_alandIslands", "AS": "_americanSamoa", "WS": "_samoa", "DM": "_dominica", "DO": "_dominicanRepublic",
		"IE": "_ireland", "IS": "_iceland", "IL": "_israel", "IM": "_isleOfMan", "MK": "_northMacedonia", "TR": "_turkiye", "BA": "_bosniaAndHerzegovina",
	} {
		if got := countries[code]; got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
}

// Every country the vendor has is one of ours, and the other way round.
func TestConformanceCountries(t *testing.T) {
	doc := etree.NewDocument()
	if err := doc.ReadFromFile(filepath.Join(testenv.Shared(t), "vendor-schemas", "netsuite", "xsd", "platform.commonTypes.xsd")); err != nil {
		t.Fatal(err)
	}
	vendor := map[string]bool{}
	for _, el := range doc.FindElements("//simpleType[@name='Country']/restriction/enumeration") {
		vendor[el.SelectAttrValue("value", "")] = true
	}
	if len(vendor) == 0 {
		t.Fatal("the vendor's schema has no countries")
	}
	ours := map[string]bool{}
	for code, name := range countries {
		ours[name] = true
		if !vendor[name] {
			t.Errorf("%s: the vendor has no %s", code, name)
		}
	}
	for name := range vendor {
		if !ours[name] {
			t.Errorf("%s has no code", name)
		}
	}
}
