package callback

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatIsNotTakenStaysDueInItsPlace(t *testing.T) {
	var got []string
	refused := "b"
	bridge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if user, password, _ := r.BasicAuth(); user != "erp" || password != "secret" || r.Header.Get("Content-Type") != "text/xml; charset=utf-8" {
			t.Errorf("sent by %q as %s", user, r.Header.Get("Content-Type"))
		}
		if string(body) == refused {
			http.Error(w, "no", http.StatusServiceUnavailable)
			return
		}
		got = append(got, string(body))
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(bridge.Close)
	q := New("http://127.0.0.1:9/", "erp", "secret")
	q.To(bridge.URL)
	for _, body := range []string{"a", "b", "c"} {
		q.Add(body)
	}
	if err := q.Send(); err == nil || !strings.Contains(err.Error(), "503") || q.Len() != 2 {
		t.Errorf("%d are due, %v", q.Len(), err)
	}
	q.Add("d")
	refused = ""
	if err := q.Send(); err != nil || q.Len() != 0 {
		t.Errorf("%d are due, %v", q.Len(), err)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatWasTakenIsNotSent(t *testing.T) {
	q := New("http://127.0.0.1:9/", "", "") // nobody is there
	q.Add("a")
	if diff := cmp.Diff([]string{"a"}, q.Take()); diff != "" {
		t.Error(diff)
	}
	if err := q.Send(); err != nil {
		t.Error(err)
	}
}
