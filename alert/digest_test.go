package alert

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the expected mails in testdata")

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// dead returns an alert about an order that died.
func dead(id int64, reason string) Alert {
	return Alert{
		ID: id, Kind: DeadLetter, DeadLetter: 100 + id, Store: "shop-eu", Target: "netsuite", Order: fmt.Sprintf("#%d", 1000+id),
		Stream: fmt.Sprintf("order/%d", 4710+id), Document: "SalesOrder", Reason: reason, At: noon.Add(time.Duration(id) * time.Minute), Attempts: 1,
	}
}

func digestOf(alerts ...Alert) *digest {
	d := &digest{}
	for _, a := range alerts {
		d.add(a)
	}
	return d
}

var (
	undigested = Alert{ID: 50, Kind: DeadLetter, DeadLetter: 150, Store: "shop-eu", Document: "orders/create", Reason: "not JSON", At: noon}
	held       = Alert{ID: 60, Kind: Held, Store: "shop-eu", Order: "#1060", Stream: "order/60", Document: "orders/create", Reason: `no item for SKU "A-1"`, At: noon}
	taken      = Alert{
		ID: 90, Kind: Unconfirmed, DeadLetter: 190, Store: "shop-eu", Target: "sap", Order: "#1090", Stream: "order/90", Document: "ORDERS05",
		Reason: "NOT-CONFIRMED: the ERP took it at 2026-11-22T11:00:00Z as 0815 and has not confirmed for 24h0m0s that it is booked; the last that is known is: status 51",
		At:     noon,
	}
	contradicted = Alert{
		ID: 95, Kind: Contradicted, Store: "shop-eu", Target: "sap", Order: "#1095", Stream: "order/95", Document: "ORDERS05",
		Reason: "the ERP had booked this document, which counts as delivered, and now says that it threw it out: period closed", At: noon,
	}
	refused = Alert{ID: 70, Kind: TargetRefused, Target: "netsuite", Reason: "invalid login", At: noon}
)

func TestSubject(t *testing.T) {
	var seventeen []Alert
	for i := range int64(17) {
		seventeen = append(seventeen, dead(i, []string{"no such item", "period closed", "customer on hold"}[i%3]))
	}
	twice := dead(2, "period closed")
	twice.Order = "#1001"
	tests := []struct {
		alerts []Alert
		want   string
	}{
		{[]Alert{dead(1, "x")}, "order #1001 could not be delivered to netsuite"},
		{[]Alert{undigested}, "a message orders/create of shop-eu could not be processed"},
		{[]Alert{held}, "order #1060 of shop-eu is held"},
		{[]Alert{refused}, "netsuite refused access"},
		{[]Alert{taken}, "order #1090 was taken by sap and is not booked there"},
		{[]Alert{contradicted}, "sap says otherwise about order #1095 than before"},
		{[]Alert{dead(1, "x"), taken}, "2 orders could not be delivered (2 causes)"},
		{[]Alert{{ID: 1, Kind: "clock-skew", Reason: "ten minutes off"}}, "clock-skew: ten minutes off"},
		{seventeen, "17 orders could not be delivered (3 causes)"},
		{[]Alert{dead(1, "x"), dead(2, "x")}, "2 orders could not be delivered (1 cause)"},
		{[]Alert{dead(1, "x"), twice}, "order #1001 could not be delivered to netsuite (2 causes)"},
		{[]Alert{dead(1, "x"), dead(2, "x"), held, refused}, "2 orders could not be delivered, 1 order is held, netsuite refused access (3 causes)"},
		{[]Alert{held, {ID: 2, Kind: "clock-skew", Reason: "x"}}, "1 notice of kind clock-skew, 1 order is held (2 causes)"},
	}
	for _, tt := range tests {
		m, err := digestOf(tt.alerts...).mail("[erpbridge]", noon)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff("[erpbridge] "+tt.want, m.Subject); diff != "" {
			t.Error(diff)
		}
	}
}

func TestMailText(t *testing.T) {
	var storm []Alert
	for i := range int64(25) {
		storm = append(storm, dead(i, fmt.Sprintf("USER_ERROR: item %d of order \"%d\" is inactive", i, i)))
	}
	replay := dead(7, "period closed <b>today</b> & tomorrow")
	replay.Replay = "erpbridge dead replay 107 --render"
	cases := map[string][]Alert{
		"one":   {dead(1, "USER_ERROR: the period is closed")},
		"storm": append(storm, replay),
		"taken": {taken, contradicted},
		"mixed": {dead(1, "period closed"), undigested, held, refused, {ID: 80, Kind: "clock-skew", Reason: "ten minutes off", At: noon}},
	}
	for name, alerts := range cases {
		m, err := digestOf(alerts...).mail("[erpbridge]", noon)
		if err != nil {
			t.Fatal(err)
		}
		for file, got := range map[string]string{name + ".txt": m.Text, name + ".html": m.HTML} {
			path := filepath.Join("testdata", file)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		}
		for _, a := range alerts {
			if command := fmt.Sprintf("erpbridge dead show %d", a.DeadLetter); name != "storm" && a.DeadLetter != 0 && !strings.Contains(m.Text, command) {
				t.Errorf("%s: %q is missing", name, command)
			}
		}
	}
}

func TestCausesAreToldApart(t *testing.T) {
	other := dead(3, "x")
	other.Target = "sap"
	d := digestOf(dead(1, `item 17 of "A-17" missing`), dead(2, `item 4 of "B" missing`), dead(3, "period closed"), other)
	var got []string
	for _, c := range d.causes {
		got = append(got, fmt.Sprintf("%d %s %s", c.Count, c.Target, c.Reason))
	}
	want := []string{`2 netsuite item 17 of "A-17" missing`, "1 netsuite period closed", "1 sap x"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Thousands of dead letters, each with words of its own, are a mail that can be
// read and sent.
func TestDigestIsBounded(t *testing.T) {
	d := &digest{}
	for i := range int64(5_000) {
		a := dead(i, strings.Repeat(string(rune('a'+i%26))+string(rune('a'+i/26%26))+string(rune('a'+i/676%26)), 100))
		d.add(a)
	}
	m, err := d.mail("[erpbridge]", noon)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.ids) != 5_000 || len(d.causes) > maxCauses+1 {
		t.Errorf("%d alerts, %d causes", len(d.ids), len(d.causes))
	}
	if size := len(m.Text) + len(m.HTML); size > 2<<20 {
		t.Errorf("the mail has %d bytes", size)
	}
	total := 0
	for _, c := range d.causes {
		total += c.Count
	}
	if total != 5_000 {
		t.Errorf("%d alerts are counted", total)
	}
	if want := "[erpbridge] 5000 orders could not be delivered (201 causes)"; m.Subject != want {
		t.Errorf("got %q, want %q", m.Subject, want)
	}
}

func TestMailIDFollowsFromTheAlerts(t *testing.T) {
	a, b := digestOf(dead(1, "x"), dead(2, "y")), digestOf(dead(2, "other"), dead(1, "words"))
	if a.id() != b.id() {
		t.Error("the same alerts give another ID")
	}
	if a.id() == digestOf(dead(1, "x")).id() || digestOf(dead(1, "x")).id() == digestOf(dead(256, "x")).id() {
		t.Error("other alerts give the same ID")
	}
}

func TestClean(t *testing.T) {
	tests := []struct{ in, want string }{
		{"plain", "plain"},
		{" a\r\nb\tc\x00d\x1b[31m\x7f\u0085e ", "a  b c d [31m  e"},
		{"a\u2028b\u2029c", "a b c"},
		{"\u202e#1001\u2066x\u200bz\ufeff", "\ufffd#1001\ufffdx\ufffdz\ufffd"},
		{"\xff\xfe", "\ufffd\ufffd"},
		{"Größe 汉字 🛒 שלום", "Größe 汉字 🛒 שלום"},
		{strings.Repeat("é", 20), strings.Repeat("é", 15) + "…"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := clean(tt.in, 31); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestPattern(t *testing.T) {
	tests := []struct{ a, b string }{
		{"item 17 missing", "item 4711 missing"},
		{`order "#1001" is locked`, `order "#1002, a-b" is locked`},
		{"record a1b2-c3 of 2026-11-23T10:00:00Z", "record ff09-77 of 2025-01-02T11:12:13Z"},
		{"“Schuh” fehlt", "“Hemd” fehlt"},
	}
	for _, tt := range tests {
		if pattern(tt.a) != pattern(tt.b) {
			t.Errorf("%q and %q differ: %q, %q", tt.a, tt.b, pattern(tt.a), pattern(tt.b))
		}
	}
	for _, tt := range []struct{ a, b string }{{"item missing", "item inactive"}, {"code 17: locked", "code 17: closed"}, {`"a" locked`, `"a" closed`}} {
		if pattern(tt.a) == pattern(tt.b) {
			t.Errorf("%q and %q are the same", tt.a, tt.b)
		}
	}
}
