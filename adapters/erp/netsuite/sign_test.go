package netsuite

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// The example of NetSuite's help, "The Signature for Web Services and RESTlets".
var vector = Config{
	Account:        "1234567",
	ConsumerKey:    "71cc02b731f05895561ef0862d71553a3ac99498a947c3b7beaf4a1e4a29f7c4",
	ConsumerSecret: "7278da58caf07f5c336301a601203d10a58e948efa280f0618e25fcee1ef2abd",
	Token:          "89e08d9767c5ac85b374415725567d05b54ecf0960ad2470894a52f741020d82",
	TokenSecret:    "060cd9ab3ffbbe1e3d3918e90165ffd37ab12acc76b4691046e2d29c7d7674c2",
}

func TestSign(t *testing.T) {
	if got := vector.sign("6obMKq0tmY8ylVOdEkA1", "1439829974"); got != "FCghIZqXNetuZY8ILWOFH0ucdfzQOmAuL+q+kF21zPs=" {
		t.Error(got)
	}
}

// Our passport is, element by element, that of the sample request.
func TestConformancePassport(t *testing.T) {
	sample, err := os.ReadFile(filepath.Join(testenv.Shared(t), "erp-samples", "netsuite-dynamics", "08-netsuite-upsertList-customer-order-deposit.COMPOSED-2023_2.xml"))
	if err != nil {
		t.Fatal(err)
	}
	env, err := soap.ParseEnvelope(sample, "")
	if err != nil {
		t.Fatal(err)
	}
	passport := etree.NewElement(msgs + ":tokenPassport")
	(&ERP{conf: vector}).passport(passport, "6obMKq0tmY8ylVOdEkA1", time.Unix(1439829974, 0))
	flat := func(el *etree.Element) (out []string) {
		for _, child := range el.ChildElements() {
			out = append(out, child.FullTag()+" "+child.SelectAttrValue("algorithm", "")+" "+child.Text())
		}
		return out
	}
	if diff := cmp.Diff(flat(env.Header.FindElement("./tokenPassport")), flat(passport)); diff != "" {
		t.Error(diff)
	}
}
