package dmf

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
)

func TestODataReadsWhatWasImported(t *testing.T) {
	s := opened(t, Config{PageSize: 2})
	s.bring(zipOf(t, nil, "L1", "L2", "L3"), "e1")
	get := func(path string) (int, map[string]any) {
		status, body := s.do(http.MethodGet, path, nil)
		var out map[string]any
		if err := json.Unmarshal(body, &out); err != nil {
			t.Fatalf("%s", body)
		}
		return status, out
	}
	filter := url.QueryEscape("dataAreaId eq 'usmf' and (SalesOrderNumber eq 'A1' or SalesOrderNumber eq 'B''2')")
	rows := 0
	for next := "/data/SalesOrderLines?cross-company=true&$filter=" + filter; next != ""; {
		_, page := get(next)
		rows += len(page["value"].([]any))
		next, _ = page["@odata.nextLink"].(string)
	}
	if rows != 3 {
		t.Errorf("%d rows", rows)
	}
	if _, page := get("/data/SalesOrderHeadersV2?$filter=" + filter); len(page["value"].([]any)) != 0 {
		t.Error("another company's orders were shown")
	}
	if status, _ := get("/data/SalesOrderHeadersV2?cross-company=true&$filter=x"); status != http.StatusBadRequest {
		t.Error(status)
	}
	if status, _ := get("/data/SalesOrderHeadersV2?cross-company=true&$select=NoSuchField"); status != http.StatusBadRequest {
		t.Error(status)
	}
}
