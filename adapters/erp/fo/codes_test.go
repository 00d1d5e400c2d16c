package fo

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

// Every state, in both tables, as F&O and its tools write them.
func TestStates(t *testing.T) {
	for word, want := range map[string]progress{
		"Unknown": unknown, "NotRun": underWay, "Executing": underWay, "Succeeded": succeeded,
		"PartiallySucceeded": partly, "Failed": failed, "Canceled": failed,
		"succeeded": succeeded, "": notUnderstood, "Processed": notUnderstood, "Success": notUnderstood,
	} {
		if got := stateOf(executionStates, word); got != want {
			t.Errorf("execution %q: %d, want %d", word, got, want)
		}
	}
	for word, want := range map[string]progress{
		"Enqueued": underWay, "Dequeued": underWay, "Downloaded": underWay, "Acked": underWay, "InProcess": underWay,
		"Preprocessing": underWay, "Processing": underWay, "Processed": succeeded, "ProcessedWithErrors": partly,
		"PreProcessError": failed, "PreProcessingError": failed, "PostProcessError": failed, "PostProcessingFailed": failed,
		"0": underWay, "1": underWay, "2": underWay, "3": underWay, "4": underWay, "5": succeeded, "6": partly, "7": failed, "8": failed,
		"9": notUnderstood, "Succeeded": notUnderstood, "": notUnderstood,
	} {
		if got := stateOf(messageStates, word); got != want {
			t.Errorf("message %q: %d, want %d", word, got, want)
		}
	}
}

// asked has a client make a request that is answered so.
func asked(t *testing.T, effect bool, status int, header map[string]string, body string) error {
	t.Helper()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
	e := open(t, "url: "+url+"\n"+authFor(tokenServer(t)))
	_, err := e.client.do(t.Context(), request{op: "fo.Test", method: http.MethodPost, url: url, body: []byte("x"), effect: effect})
	return err
}

func said(words string) string {
	return fmt.Sprintf(`{"error":{"code":"","message":"An error has occurred.","innererror":{"message":%q,"type":"System.InvalidOperationException","stacktrace":"   at X"}}}`, words)
}

// Each row of the table of statuses, for a request that can be made again and for one that
// must not.
func TestStatuses(t *testing.T) {
	for status, want := range statuses {
		for _, effect := range []bool{false, true} {
			wantKind(t, want, asked(t, effect, status, map[string]string{"Location": "https://login.example/?a=b"}, ""))
		}
	}
	for _, c := range []struct {
		status  int
		header  map[string]string
		body    string
		plain   erpbridge.Kind // where it can be made again
		decided erpbridge.Kind // where it must not
	}{
		{200, nil, `{"value":"x"}`, "", ""},
		{204, nil, "", "", ""},
		{400, nil, said("An invalid request."), erpbridge.Invalid, erpbridge.Invalid},
		{422, nil, said("An invalid request."), erpbridge.Invalid, erpbridge.Invalid},
		{400, nil, "", erpbridge.Transient, erpbridge.InDoubt}, // of whom, nobody knows
		{400, nil, "<html>Bad Request</html>", erpbridge.Transient, erpbridge.InDoubt},
		{500, nil, said("Something nobody ever heard of."), erpbridge.Transient, erpbridge.InDoubt},
		{500, nil, "", erpbridge.Transient, erpbridge.InDoubt},
		{502, nil, "<html>Bad Gateway</html>", erpbridge.Transient, erpbridge.InDoubt},
		{503, nil, "", erpbridge.Transient, erpbridge.InDoubt},
		{503, map[string]string{"Retry-After": "5"}, "", erpbridge.Throttled, erpbridge.Throttled},
		{504, nil, "", erpbridge.Transient, erpbridge.InDoubt},
	} {
		t.Run(fmt.Sprint(c.status, c.body), func(t *testing.T) {
			wantKind(t, c.plain, asked(t, false, c.status, c.header, c.body))
			wantKind(t, c.decided, asked(t, true, c.status, c.header, c.body))
		})
	}
}

// Each row of the table of words, whatever stands around them and in whatever capitals.
func TestTexts(t *testing.T) {
	for _, row := range texts {
		words := "Exception occurred while executing action X: " + strings.ToUpper(row.part) + " (Y)."
		kind, code, ok := kindOf(words)
		if !ok || kind != row.kind || code != row.code {
			t.Errorf("%q: %s %s", words, kind, code)
		}
		if row.part != strings.ToLower(row.part) {
			t.Errorf("%q is not in lower case", row.part)
		}
		err := asked(t, false, http.StatusInternalServerError, nil, said(words))
		wantKind(t, row.kind, err)
		// What passes, and may have come after the effect, leaves doubt.
		want := row.kind
		if want == erpbridge.Transient && row.code != "parallel-call" && row.code != "maintenance" {
			want = erpbridge.InDoubt
		}
		wantKind(t, want, asked(t, true, http.StatusInternalServerError, nil, said(words)))
	}
	for _, p := range passing {
		if !isPassing("Row 1: " + strings.ToUpper(p)) {
			t.Errorf("%q does not pass", p)
		}
	}
	if isPassing("Item number X does not exist.") {
		t.Error("an item that does not exist passes")
	}
}

// That F&O does not know an import, it says in the user's language. An order would never
// be sent if that were not understood.
func TestUnknownExecutionInAnyLanguage(t *testing.T) {
	const action = "Exception occurred while executing action GetExecutionSummaryStatus on Entity DataManagementDefinitionGroup: "
	const id = "erpbridge-0a1b"
	for _, c := range []struct {
		status int
		words  string
		want   bool
	}{
		{500, action + "Execution details were not found for execution id: x", true},
		{500, action + "Für die Ausführungskennung ERPBRIDGE-0A1B wurden keine Ausführungsdetails gefunden.", true},
		{400, action + "Détails introuvables pour l'ID d'exécution : erpbridge-0a1b", true},
		{500, action + "Cannot select a record in Execution history (DMFDefinitionGroupExecution). Execution ID: erpbridge-0a1b, . The SQL database has issued an error.", false},
		{500, action + "Ein Datensatz in Ausführungsverlauf kann nicht ausgewählt werden. Ausführungskennung: erpbridge-0a1b. Die SQL-Datenbank hat einen Fehler gemeldet.", false},
		{500, action + "Timeout bei erpbridge-0a1b.", false},
		{500, action + "Deadlock beim Lesen von erpbridge-0a1b.", false},
		{500, action + "Der Objektverweis wurde nicht festgelegt.", false},
		{500, "erpbridge-0a1b", false},
		{403, action + "erpbridge-0a1b", false},
	} {
		err := asked(t, false, c.status, nil, said(c.words))
		if got := isNoExecution(err, id); got != c.want {
			t.Errorf("%d %s: %v", c.status, c.words, got)
		}
	}
}

func TestExplain(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{said("Inner."), "Inner."},
		{`{"error":{"code":"E1","message":"Outer."}}`, "Outer.; E1"},
		{`{"error":{"message":"An error has occurred."}}`, "An error has occurred."},
		{`{"error":{"message":"A","innererror":{"message":"B","internalexception":{"message":"C"}}}}`, "A; B; C"},
		{`{"Message":"An error has occurred.","ExceptionMessage":"Connector."}`, "Connector."},
		{`{"value":[]}`, ""},
		{`<html></html>`, ""},
		{"", ""},
		{`{"error":{"message":"A"},"error":{"message":"B"}}`, ""}, // two opinions are none
	} {
		if got := explain([]byte(c.raw)); got != c.want {
			t.Errorf("%s: %q, want %q", c.raw, got, c.want)
		}
	}
}

func TestDecodeJSON(t *testing.T) {
	for raw, good := range map[string]bool{
		`{"value":"x"}`:             true,
		"\xEF\xBB\xBF{\"value\":1}": true,
		`{"value":1,"value":2}`:     false,
		`{"a":{"b":1,"b":2}}`:       false,
		`{"value":1,"Value":2}`:     false,
		`{"value":1} {"value":2}`:   false,
		`{"value":1`:                false,
		"{\"value\":\"\xff\"}":      false,
		"":                          false,
		strings.Repeat("[", 100) + strings.Repeat("]", 100): false,
		`[1,2,3]`: true,
	} {
		var into any
		if err := decodeJSON([]byte(raw), &into); (err == nil) != good {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func TestMessages(t *testing.T) {
	for _, c := range []struct {
		list string
		want []string
	}{
		{"", nil},
		{"[]", nil},
		{"plain words", []string{"plain words"}},
		{`[{"RecordId":"EB1","Field":"ITEMNUMBER","ErrorMessage":"Item X does not exist."}]`, []string{"Item X does not exist., Field ITEMNUMBER, RecordId EB1"}},
		{`[{"ErrorMessage":"A"},{"ErrorMessage":"A"},{"n":1}]`, []string{"A"}},
		{`{"not":"a list"}`, nil},
	} {
		got := messages(c.list)
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%s: %q, want %q", c.list, got, c.want)
		}
	}
}
