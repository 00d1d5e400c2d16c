package gp

import (
	"testing"

	"github.com/hakooi/erpbridge/wsdl/soap"
)

// What GP answers is what the bindings hold: a decimal stays as it was written, what
// says xsi:nil is empty, and what is absent is not there.
func TestAnswer(t *testing.T) {
	root, err := soap.Parse([]byte(`<GetSalesOrderByKeyResponse xmlns="http://schemas.microsoft.com/dynamics/gp/2006/01" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
		<GetSalesOrderByKeyResult>
			<Extensions/>
			<Key><Id>WEB1001</Id></Key>
			<MasterNumber xsi:nil="true"/>
			<TotalAmount><Currency>USD</Currency><Value>49.90000</Value><DecimalDigits>2</DecimalDigits></TotalAmount>
			<IsVoided>false</IsVoided>
			<FrontOfficeIntegrationId>shop-1001</FrontOfficeIntegrationId>
			<Lines>
				<SalesOrderLine><Key><LineSequenceNumber>16384</LineSequenceNumber></Key><Quantity><Value>2.00000</Value></Quantity></SalesOrderLine>
				<SalesOrderLine><Key><LineSequenceNumber>32768</LineSequenceNumber></Key></SalesOrderLine>
			</Lines>
		</GetSalesOrderByKeyResult>
	</GetSalesOrderByKeyResponse>`), "")
	if err != nil {
		t.Fatal(err)
	}
	var answer GetSalesOrderByKeyResponse
	if err := soap.Decode(root, &answer, "http://schemas.microsoft.com/dynamics/gp/2006/01"); err != nil {
		t.Fatal(err)
	}
	o := answer.GetSalesOrderByKeyResult
	if o.Key.Id != "WEB1001" || o.TotalAmount.Value != "49.90000" || *o.IsVoided != "false" || o.FrontOfficeIntegrationId != "shop-1001" || o.Date != nil || *o.MasterNumber != "" {
		t.Errorf("%+v", o.SalesDocument)
	}
	lines := o.Lines.SalesOrderLine
	if len(lines) != 2 || lines[0].Key.LineSequenceNumber != "16384" || lines[0].Quantity.Value != "2.00000" || lines[1].Quantity != nil {
		t.Errorf("%+v", lines)
	}
}

func TestAnswerWithTwoOfOne(t *testing.T) {
	root, err := soap.Parse([]byte(`<GetSalesOrderByKeyResponse><GetSalesOrderByKeyResult><IsVoided>true</IsVoided><IsVoided>false</IsVoided></GetSalesOrderByKeyResult></GetSalesOrderByKeyResponse>`), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := soap.Decode(root, new(GetSalesOrderByKeyResponse)); err == nil {
		t.Error("it was read")
	}
}
