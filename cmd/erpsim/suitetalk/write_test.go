package suitetalk

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUpsertCreatesThenUpdates(t *testing.T) {
	b := start(t, Config{})
	first := b.upsert(ada, order1, deposit1)
	wantResults(t, first, "ok", "ok", "ok")
	if diff := cmp.Diff([]string{"c-1", "o-1", "d-1"}, first.names()); diff != "" {
		t.Fatal(diff)
	}
	changed := strings.Replace(order1, "first", "second", 1)
	wantResults(t, b.upsert(changed), "ok")
	wantResults(t, b.upsert(changed), "ok")

	got, ok := b.Record("salesOrder", "o-1")
	if !ok {
		t.Fatal("there is no order")
	}
	got.Content, got.Hash = "", ""
	want := Record{
		Type: "salesOrder", InternalID: "1002", ExternalID: "o-1", OtherRefNum: "#1", TranID: "SO1002", Entity: "1001",
		Memo: "second", Currency: "1", SubTotal: "39.80", Discount: "-5.00", ShippingCost: "9.95", TaxTotal: "0.00", Total: "44.75",
		Lines: 1, Created: 1, Updated: 2, Repeated: 1, CreatedAt: got.CreatedAt, ModifiedAt: got.ModifiedAt,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	deposit, _ := b.Record("customerDeposit", "d-1")
	if deposit.InternalID != "1003" || deposit.SalesOrder != "1002" || deposit.Entity != "1001" || deposit.Total != "44.75" {
		t.Fatalf("%+v", deposit)
	}
	wantState := State{
		Arrivals: 3, RecordArrivals: 5, Effects: 5, Creates: 3, Updates: 2, Repeats: 1, Answers: 3,
		Orders: 1, Customers: 1, Deposits: 1, MaxConcurrency: 1, MaxPerSecond: b.State().MaxPerSecond,
		Actions: map[string]Gauge{"upsertList": {Arrivals: 3, MaxConcurrency: 1, MaxPerSecond: b.State().MaxPerSecond}},
	}
	if diff := cmp.Diff(wantState, b.State()); diff != "" {
		t.Fatal(diff)
	}
}

func TestOneExternalIDOnTwoTypesIsTwoRecords(t *testing.T) {
	b := start(t, Config{})
	wantResults(t, b.upsert(ada, strings.Replace(order1, `"o-1"`, `"c-1"`, 1)), "ok", "ok")
	if s := b.State(); s.Customers != 1 || s.Orders != 1 || s.Creates != 2 {
		t.Fatalf("%+v", s)
	}
}

func TestCurrenciesAreShownByTheirCode(t *testing.T) {
	b := start(t, Config{Currencies: map[string]string{"1": "USD"}})
	wantResults(t, b.upsert(ada, order1), "ok", "ok")
	if r, _ := b.Record("salesOrder", "o-1"); r.Currency != "USD" {
		t.Fatalf("%+v", r)
	}
}

// Each case is one record, sent after a customer, against an account that knows
// one item and one currency. A record that is refused leaves nothing behind.
func TestRules(t *testing.T) {
	deposit := func(fields string) string {
		return `<platformMsgs:record xsi:type="tranCust:CustomerDeposit" externalId="d-1">` + fields + `</platformMsgs:record>`
	}
	const entity = `<tranSales:entity externalId="c-1"/>`
	for name, c := range map[string]struct{ record, code, message string }{
		"no customer and no item": {order(``), "USER_ERROR", "Please enter value(s) for: Customer, Item"},
		"no item":                 {order(entity), "USER_ERROR", "Please enter value(s) for: Item"},
		"a line without its item": {order(entity + line(`<tranSales:quantity>1</tranSales:quantity>`)), "USER_ERROR", "Please enter value(s) for: Item"},
		"an empty element":        {order(`<tranSales:entity/>` + line(`<tranSales:item internalId="57"/>`)), "USER_ERROR", "Please enter value(s) for: Customer"},
		"a person without a name": {customer(`<listRel:isPerson>true</listRel:isPerson>`), "", ""}, // an update of the one there is
		"a person of no name":     {strings.Replace(customer(`<listRel:isPerson>1</listRel:isPerson>`), "c-1", "c-2", 1), "USER_ERROR", "Please enter value(s) for: Last Name"},
		"a company of no name":    {strings.Replace(customer(`<listRel:lastName>L</listRel:lastName>`), "c-1", "c-2", 1), "USER_ERROR", "Please enter value(s) for: Company Name"},
		"no externalId":           {strings.Replace(ada, ` externalId="c-1"`, "", 1), "EXTERNALID_REQD", "This operation requires a value for externalId."},
		"internalId":              {strings.Replace(ada, `externalId`, `internalId="1001" externalId`, 1), "CANT_SET_INTERNALID", "You cannot set internalId with upsert."},

		"unknown item":              {order(entity + line(`<tranSales:item internalId="58"/>`)), "INVALID_KEY_OR_REF", "Invalid item reference key 58."},
		"unknown item by name":      {order(entity + line(`<tranSales:item externalId="sku"/>`)), "RCRD_DSNT_EXIST", "That record does not exist."},
		"unknown discount item":     {order(entity + `<tranSales:discountItem internalId="89"/>` + line(`<tranSales:item internalId="57"/>`)), "INVALID_KEY_OR_REF", "Invalid discountitem reference key 89."},
		"unknown currency":          {order(entity + `<tranSales:currency internalId="2"/>` + line(`<tranSales:item internalId="57"/>`)), "INVALID_KEY_OR_REF", "Invalid currency reference key 2."},
		"unknown customer":          {order(`<tranSales:entity externalId="c-9"/>` + line(`<tranSales:item internalId="57"/>`)), "RCRD_DSNT_EXIST", "That record does not exist."},
		"unknown customer by id":    {order(`<tranSales:entity internalId="9"/>` + line(`<tranSales:item internalId="57"/>`)), "INVALID_KEY_OR_REF", "Invalid entity reference key 9."},
		"a customer that is none":   {order(`<tranSales:entity externalId="c-1" type="vendor"/>` + line(`<tranSales:item internalId="57"/>`)), "RCRD_DSNT_EXIST", "That record does not exist."},
		"a ship method of no id":    {order(entity + `<tranSales:shipMethod internalId="ups"/>` + line(`<tranSales:item internalId="57"/>`)), "INVALID_KEY_OR_REF", "Invalid shipmethod reference key ups."},
		"a reference to nothing":    {order(entity + `<tranSales:shipMethod type="x"/>` + line(`<tranSales:item internalId="57"/>`)), "INVALID_KEY_OR_REF", "The specified key is invalid."},
		"a total of its own":        {order(entity + `<tranSales:total>5</tranSales:total>` + line(`<tranSales:item internalId="57"/>`)), "INSUFFICIENT_FLD_PERMISSION", ""},
		"a deposit of nothing":      {deposit(``), "USER_ERROR", "Please enter value(s) for: Customer, Sales Order, Payment Amount"},
		"a deposit to no account":   {deposit(`<tranCust:customer externalId="c-1"/><tranCust:salesOrder externalId="o-1"/><tranCust:payment>1</tranCust:payment><tranCust:undepFunds>false</tranCust:undepFunds>`), "USER_ERROR", "Please enter value(s) for: Account"},
		"a deposit for no order":    {deposit1, "RCRD_DSNT_EXIST", "That record does not exist."},
		"all that is asked for":     {order(entity + `<tranSales:currency internalId="1"/>` + line(`<tranSales:item internalId="57"/>`)), "", ""},
		"an item by its other name": {order(entity + line(`<tranSales:item externalId="57"/>`)), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, Config{Items: []string{"57", "88"}, Currencies: map[string]string{"1": "USD"}})
			b.upsert(ada)
			before := b.State().Effects
			a := b.upsert(c.record)
			if c.code == "" {
				wantResults(t, a, "ok")
				return
			}
			wantResults(t, a, c.code)
			if c.message != "" && a.message() != c.message {
				t.Errorf("message %q, want %q", a.message(), c.message)
			}
			if s := b.State(); s.Effects != before || s.Orders != 0 || s.Deposits != 0 {
				t.Errorf("a refused record had an effect: %+v", s)
			}
		})
	}
}

func TestDepositsMustFitTheirOrder(t *testing.T) {
	b := start(t, Config{})
	other := strings.NewReplacer("c-1", "c-2").Replace(ada)
	b.upsert(ada, other, order1)
	wantResults(t, b.upsert(strings.Replace(deposit1, "c-1", "c-2", 1)), "INVALID_KEY_OR_REF")
	wantResults(t, b.upsert(strings.Replace(deposit1, "44.75", "0", 1)), "INVALID_FLD_VALUE")
	wantResults(t, b.upsert(strings.Replace(deposit1, "44.75", "-1", 1)), "INVALID_FLD_VALUE")
	wantResults(t, b.upsert(deposit1), "ok")
}

func TestOneWorldDemandsASubsidiary(t *testing.T) {
	b := start(t, Config{OneWorld: true})
	wantResults(t, b.upsert(ada), "USER_ERROR")
	with := strings.Replace(ada, `</platformMsgs:record>`, `<listRel:subsidiary internalId="1"/></platformMsgs:record>`, 1)
	wantResults(t, b.upsert(with), "ok")
}

func TestUniqueEmail(t *testing.T) {
	twin := strings.NewReplacer("c-1", "c-2", "ada@", "ADA@").Replace(ada)
	free := start(t, Config{})
	wantResults(t, free.upsert(ada, twin), "ok", "ok")

	strict := start(t, Config{UniqueEmail: true})
	wantResults(t, strict.upsert(ada, twin, ada), "ok", "DUP_ENTITY_EMAIL", "ok")
	moved := strings.Replace(ada, "ada@", "byron@", 1)
	wantResults(t, strict.upsert(moved, twin), "ok", "ok")
}

// In a list later records fail one by one if they need one that failed.
func TestRecordsFailOneByOne(t *testing.T) {
	b := start(t, Config{Items: []string{"1"}})
	independent := strings.NewReplacer("c-1", "c-2").Replace(ada)
	a := b.upsert(ada, order1, deposit1, independent)
	wantResults(t, a, "ok", "INVALID_KEY_OR_REF", "RCRD_DSNT_EXIST", "ok")
	if diff := cmp.Diff([]string{"c-1", "o-1", "d-1", "c-2"}, a.names()); diff != "" {
		t.Fatal(diff)
	}
	if s := b.State(); s.Customers != 2 || s.Orders != 0 || s.Deposits != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestAFailedUpdateChangesNothing(t *testing.T) {
	b := start(t, Config{Items: []string{"57", "88"}})
	b.upsert(ada, order1)
	before, _ := b.Record("salesOrder", "o-1")
	bad := strings.NewReplacer("first", "second", `"57"`, `"58"`).Replace(order1)
	wantResults(t, b.upsert(bad), "INVALID_KEY_OR_REF")
	after, _ := b.Record("salesOrder", "o-1")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Fatal(diff)
	}
}

func TestReadOnlyFields(t *testing.T) {
	b := start(t, Config{})
	b.upsert(ada)
	record := order(`<tranSales:entity externalId="c-1"/><tranSales:total>5</tranSales:total>` +
		line(`<tranSales:item internalId="1"/><tranSales:amount>7</tranSales:amount>`))
	a, err := b.send("2023_2", "upsert", envelopeXML("2023_2", b.passport()+ignoreReadOnly, `<platformMsgs:upsert>`+record+`</platformMsgs:upsert>`))
	if err != nil {
		t.Fatal(err)
	}
	wantResults(t, a, "ok")
	if r, _ := b.Record("salesOrder", "o-1"); r.Total != "7.00" {
		t.Fatalf("the total is the sender's, not the lines': %s", r.Total)
	}
}

func TestUpdatesMerge(t *testing.T) {
	item := func(fields string) string { return `<tranSales:item>` + fields + `</tranSales:item>` }
	const entity = `<tranSales:entity externalId="c-1"/>`
	two := `<tranSales:itemList>` + item(`<tranSales:item internalId="1"/><tranSales:amount>10</tranSales:amount>`) +
		item(`<tranSales:item internalId="2"/><tranSales:amount>20</tranSales:amount>`) + `</tranSales:itemList>`
	for name, c := range map[string]struct {
		update, total, memo string
		lines               int
	}{
		"what is not sent stays":      {`<tranSales:otherRefNum>#2</tranSales:otherRefNum>`, "30.00", "m", 2},
		"an empty element is nothing": {`<tranSales:memo/>`, "30.00", "m", 2},
		"null fields go":              {`<platformCore:nullFieldList><platformCore:name>memo</platformCore:name></platformCore:nullFieldList>`, "30.00", "", 2},
		"lines are replaced": {`<tranSales:memo>n</tranSales:memo><tranSales:itemList>` +
			item(`<tranSales:item internalId="3"/><tranSales:amount>5</tranSales:amount>`) + `</tranSales:itemList>`, "5.00", "n", 1},
		"lines are replaced if asked for": {`<tranSales:itemList replaceAll="true">` +
			item(`<tranSales:item internalId="3"/><tranSales:amount>5</tranSales:amount>`) + `</tranSales:itemList>`, "5.00", "m", 1},
		"lines are added": {`<tranSales:itemList replaceAll="false">` +
			item(`<tranSales:item internalId="3"/><tranSales:amount>5</tranSales:amount>`) + `</tranSales:itemList>`, "35.00", "m", 3},
		"a line is changed": {`<tranSales:itemList replaceAll="false">` +
			item(`<tranSales:amount>1</tranSales:amount><tranSales:line>2</tranSales:line>`) + `</tranSales:itemList>`, "11.00", "m", 2},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, Config{})
			wantResults(t, b.upsert(ada, order(entity+`<tranSales:memo>m</tranSales:memo>`+two)), "ok", "ok")
			wantResults(t, b.upsert(order(c.update)), "ok")
			r, _ := b.Record("salesOrder", "o-1")
			if r.Total != c.total || r.Memo != c.memo || r.Lines != c.lines {
				t.Fatalf("total %s memo %q lines %d\n%s", r.Total, r.Memo, r.Lines, r.Content)
			}
		})
	}
}

func TestAddAndUpdate(t *testing.T) {
	b := start(t, Config{})
	do := func(operation string, records ...string) answerXML {
		t.Helper()
		a, err := b.call(operation, records...)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	anonymous := strings.Replace(ada, ` externalId="c-1"`, "", 1)
	wantResults(t, do("update", ada), "RCRD_DSNT_EXIST")
	wantResults(t, do("add", anonymous), "ok")
	wantResults(t, do("addList", anonymous, ada, ada), "ok", "ok", "DUP_RCRD")
	// A record made without an externalId is given one by its internalId.
	byID := `<platformMsgs:record xsi:type="listRel:Customer" internalId="1001" externalId="c-0"/>`
	wantResults(t, do("updateList", byID), "ok")
	if r, _ := b.Record("customer", "c-0"); r.InternalID != "1001" || r.Memo != "from the shop" {
		t.Fatalf("%+v", r)
	}
	wantResults(t, do("update", strings.Replace(byID, "c-0", "c-1", 1)), "DUP_RCRD")
	wantResults(t, do("add", byID), "CANT_SET_INTERNALID")
}

func TestAtMostAHundredRecords(t *testing.T) {
	b := start(t, Config{})
	a := b.upsert(slices.Repeat([]string{ada}, 101)...)
	if a.faultCode() != "MAX_RCRDS_EXCEEDED" || a.body.FindElement(".//platformFaults:exceededRecordCountFault") == nil {
		t.Fatalf("%s", a.raw)
	}
	if s := b.State(); s.Effects != 0 {
		t.Fatalf("%+v", s)
	}
	if a := b.upsert(slices.Repeat([]string{ada}, 100)...); len(a.results()) != 100 {
		t.Fatalf("%s", a.raw)
	}
}

// However many send the same record at once, one of them creates it.
func TestOneOfManyCreates(t *testing.T) {
	b := start(t, Config{Concurrency: -1, Journal: t.TempDir()})
	b.upsert(ada)
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for range 5 {
				if a, err := b.call("upsertList", ada, order1); err != nil || strings.Join(a.results(), " ") != "ok ok" {
					t.Errorf("%v %s", err, a.raw)
				}
			}
		})
	}
	senders.Wait()
	if s := b.State(); s.Creates != 2 || s.Effects != 81 || s.Repeats != 79 || s.Customers != 1 || s.Orders != 1 {
		t.Fatalf("%+v", s)
	}
	if r, _ := b.Record("salesOrder", "o-1"); r.Created != 1 || r.Updated != 39 || r.Repeated != 39 {
		t.Fatalf("%+v", r)
	}
}

func BenchmarkUpsertList(b *testing.B) {
	s, err := New(Config{Journal: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var body strings.Builder
	body.WriteString(ada)
	for i := range 99 {
		body.WriteString(strings.Replace(order1, `"o-1"`, fmt.Sprintf(`"o-%d"`, i), 1))
	}
	raw := []byte(envelopeXML("2023_2", "", `<platformMsgs:upsertList>`+body.String()+`</platformMsgs:upsertList>`))
	for b.Loop() {
		env, f := readEnvelope(raw)
		if f != nil {
			b.Fatal(f.message)
		}
		req := &request{schema: schema{"2023_2"}, passport: &passport{}}
		if f := req.readBody(env.body); f != nil {
			b.Fatal(f.message)
		}
		results, f := s.perform(b.Context(), req, false)
		if f != nil {
			b.Fatal(f.message)
		}
		req.respond(results)
	}
	b.ReportMetric(float64(b.N*100)/b.Elapsed().Seconds(), "records/s")
}

// Sublists the simulator does not look into are kept as they came.
func TestOpaqueSublists(t *testing.T) {
	b := start(t, Config{})
	fields := `<tranSales:entity externalId="c-1"/><tranSales:salesTeamList replaceAll="true"><tranSales:salesTeam>` +
		`<tranSales:employee internalId="7"/><tranSales:isPrimary>true</tranSales:isPrimary></tranSales:salesTeam></tranSales:salesTeamList>` +
		line(`<tranSales:item internalId="57"/>`) + `<tranSales:customFieldList><platformCore:customField scriptId="custbody_s" ` +
		`xsi:type="platformCore:SelectCustomFieldRef"><platformCore:value internalId="3"><platformCore:name>n</platformCore:name>` +
		`</platformCore:value></platformCore:customField></tranSales:customFieldList>`
	wantResults(t, b.upsert(ada, order(fields)), "ok", "ok")
	r, _ := b.Record("salesOrder", "o-1")
	for _, part := range []string{
		`<tranSales:employee internalId="7"/>`, `<platformCore:value internalId="3"><platformCore:name>n</platformCore:name></platformCore:value>`,
	} {
		if !strings.Contains(r.Content, part) {
			t.Errorf("%s is not in %s", part, r.Content)
		}
	}
	for name, sublist := range map[string]string{
		"an unknown namespace": `<tranSales:salesTeamList><x:y xmlns:x="urn:x"/></tranSales:salesTeamList>`,
		"text beside elements": `<tranSales:salesTeamList>t<tranSales:salesTeam/></tranSales:salesTeamList>`,
	} {
		if a := b.upsert(order(sublist)); a.status != 500 {
			t.Errorf("%s: status %d\n%s", name, a.status, a.raw)
		}
	}
}

func TestCustomersThatWereAlwaysThere(t *testing.T) {
	b := start(t, Config{Customers: []string{"42"}})
	to := func(id string) string {
		return order(`<tranSales:entity internalId="` + id + `"/>` + line(`<tranSales:item internalId="57"/>`))
	}
	wantResults(t, b.upsert(to("43")), "INVALID_KEY_OR_REF")
	wantResults(t, b.upsert(to("42"), strings.Replace(deposit1, `externalId="c-1"`, `internalId="42"`, 1)), "ok", "ok")
	if r, _ := b.Record("salesOrder", "o-1"); r.Entity != "42" {
		t.Fatalf("%+v", r)
	}
}

// A customer's currency can be changed until there are transactions.
func TestCurrencyOfACustomerStays(t *testing.T) {
	b := start(t, Config{})
	in := func(id string) string {
		return strings.Replace(ada, "</platformMsgs:record>", `<listRel:currency internalId="`+id+`"/></platformMsgs:record>`, 1)
	}
	wantResults(t, b.upsert(in("1")), "ok")
	wantResults(t, b.upsert(in("2")), "ok")
	wantResults(t, b.upsert(order1), "ok")
	wantResults(t, b.upsert(in("2"), in("1"), ada), "ok", "USER_ERROR", "ok")
	if c, _ := b.Record("customer", "c-1"); c.Currency != "2" {
		t.Errorf("the currency is %s", c.Currency)
	}
}
