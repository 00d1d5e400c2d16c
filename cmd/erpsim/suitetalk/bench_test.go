package suitetalk

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkUpsert is clients that upsert a customer and an order a request, each a
// new one, with everything made durable before the answer.
func BenchmarkUpsert(b *testing.B) {
	for _, each := range []int{2, 16} {
		b.Run(fmt.Sprintf("clients=%d", each*runtime.GOMAXPROCS(0)), func(b *testing.B) { benchmarkUpsert(b, each) })
	}
}

// benchmarkUpsert runs each clients on each core.
func benchmarkUpsert(b *testing.B, each int) {
	s, err := New(Config{Credentials: []Credential{testCredential}, Concurrency: -1, Journal: b.TempDir(), Sync: true})
	if err != nil {
		b.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	defer func() {
		h.Close()
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	}()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var last atomic.Int64
	b.SetParallelism(each)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := strconv.FormatInt(last.Add(1), 10)
			passport := passportXML(testCredential, "nonce"+n, strconv.FormatInt(time.Now().Unix(), 10))
			body := "<platformMsgs:upsertList>" + strings.ReplaceAll(ada, "c-1", "c-"+n) +
				strings.ReplaceAll(strings.ReplaceAll(order1, "c-1", "c-"+n), "o-1", "o-"+n) + "</platformMsgs:upsertList>"
			if err := postUpsert(client, h.URL, envelopeXML("2023_2", passport, body)); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(2*b.N)/b.Elapsed().Seconds(), "upserts/s")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(2*b.N), "heapB/effect")
}

func postUpsert(client *http.Client, url, message string) error {
	req, err := http.NewRequest(http.MethodPost, url+"/services/NetSuitePort_2023_2", strings.NewReader(message))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "text/xml")
	req.Header.Set("SOAPAction", "upsertList")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err == nil && strings.Count(string(raw), `isSuccess="true"`) != 3 {
		err = fmt.Errorf("%d %s", res.StatusCode, raw)
	}
	return err
}
