package testenv

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// schemas are the vendors' schemas by the names that the samples' xmlcheck gives
// them, as paths in the samples' folder of schemas.
var schemas = map[string]string{
	"netsuite":            "netsuite/driver-all.xsd",
	"idoc-orders05":       "sap/idoc/ORDERS05.xsd",
	"idoc-orders05-s4":    "sap/derived/ORDERS05.S4-1809.xsd",
	"idoc-debmas":         "sap/idoc/ERP_ZZ_DEBMAS.xsd",
	"idoc-matmas05":       "sap/derived/MATMAS05.xsd",
	"s4-orderrequest":     "sap/derived/OrderRequest.S4C-1905.xsd",
	"s4-businesspartner":  "sap/s4-soap/xsd-for-xmllint/BUSINESSPARTNERSUITEBULKREPLIC/all.xsd",
	"nav-salesorder":      "dynamics-nav-bc/SalesOrder.1.xsd",
	"nav-salesorderlines": "dynamics-nav-bc/SalesOrderLines.1.xsd",
	"nav-itemcard":        "dynamics-nav-bc/ItemCard.1.xsd",
	"ax2012-salesorder":   "dynamics-ax2012/reconstructed-AxdSalesOrder/SalesOrder.xsd",
	"gp":                  "dynamics-gp/DynamicsGP.1.xsd",
}

// Xmlcheck holds XML files against a vendor's schema, by a name that the samples'
// xmlcheck knows or the path of an .xsd, as that does: SOAP messages part by part.
// What is not valid fails the test, in one message with a line for each part that is
// not. A file without any part fails it too.
//
// To load a vendor's schema takes seconds, and to check a file does not: give all
// files to one call. Without samples the test is skipped; with samples and without
// xmllint it fails, because then nothing was checked.
func Xmlcheck(t testing.TB, schema string, files ...string) {
	t.Helper()
	shared := Shared(t)
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Fatal("xmllint is not installed: run `sudo apt-get install libxml2-utils`")
	}
	if len(files) == 0 {
		t.Fatal("no file to check")
	}
	xsd, err := filepath.Abs(schema)
	if err != nil {
		t.Fatal(err)
	}
	if known, ok := schemas[schema]; ok {
		xsd = filepath.Join(shared, "vendor-schemas", known)
	}
	verdicts, err := judge(t.Context(), t.TempDir(), xsd, files)
	if err != nil {
		t.Fatalf("checking by schema %s: %v", schema, err)
	}
	var wrong strings.Builder
	for _, v := range verdicts {
		if !v.valid {
			fmt.Fprintln(&wrong, v)
		}
	}
	if wrong.Len() > 0 {
		t.Errorf("not valid by schema %s:\n%s", schema, wrong.String())
	}
}

// A verdict is what is said of one part of a file.
type verdict struct {
	file          string
	section, name string // of the part, as in part
	valid         bool
	reason        string // why not
}

func (v verdict) String() string {
	line := fmt.Sprintf("%s: %s %s: ", v.file, v.section, v.name)
	if v.valid {
		return line + "valid"
	}
	return line + "INVALID " + v.reason
}

// judge checks all files with two runs of xmllint: whether they are well-formed, and
// their parts by the schema. It writes into dir.
func judge(ctx context.Context, dir, xsd string, files []string) ([]verdict, error) {
	broken, err := illFormed(ctx, files)
	if err != nil {
		return nil, err
	}
	var verdicts []verdict
	var names []string // of the files of the parts, "" for a verdict that is given
	refuse := func(file, reason string) {
		verdicts = append(verdicts, verdict{file: file, section: "document", name: "-", reason: reason})
		names = append(names, "")
	}
	for i, file := range files {
		if broken[i] != "" {
			refuse(file, broken[i])
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		ps, err := parts(raw)
		if err != nil {
			refuse(file, "taking it apart: "+err.Error())
			continue
		}
		if len(ps) == 0 {
			refuse(file, "it has no part that the schema could be held against")
		}
		for _, p := range ps {
			name := fmt.Sprintf("part%d.xml", len(names))
			if err := os.WriteFile(filepath.Join(dir, name), p.content, 0o600); err != nil {
				return nil, err
			}
			verdicts = append(verdicts, verdict{file: file, section: p.section, name: p.name})
			names = append(names, name)
		}
	}
	return verdicts, judgeParts(ctx, dir, xsd, verdicts, names)
}
