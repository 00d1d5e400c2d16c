package soap

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/internal/testenv"
)

// BenchmarkHostileAnswers reads every answer of the corpus and reports the slowest, in
// milliseconds, and the one that costs most memory, in MB: nothing is to take more than
// 50 ms, or 20 MB.
func BenchmarkHostileAnswers(b *testing.B) {
	answers := hostileAnswers(b)
	var slowest time.Duration
	var dearest uint64
	for b.Loop() {
		slowest = 0
		for _, data := range answers {
			began := time.Now()
			_ = verdict(data)
			slowest = max(slowest, time.Since(began))
			dearest = max(dearest, costs(data))
		}
	}
	b.ReportMetric(float64(slowest.Microseconds())/1000, "slowest-ms")
	b.ReportMetric(float64(dearest)/1e6, "dearest-MB")
}

// Nothing in the corpus costs more memory than is allowed.
func TestConformanceHostileAnswersCostLittle(t *testing.T) {
	for name, data := range hostileAnswers(t) {
		if used := costs(data); used > 20<<20 {
			t.Errorf("%s costs %d bytes", name, used)
		}
	}
}

func costs(data []byte) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_ = verdict(data)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func hostileAnswers(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(testenv.Shared(t), "corpora", "soap-hostile", "*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no answers: %v", err)
	}
	answers := map[string][]byte{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		answers[filepath.Base(file)] = data
	}
	return answers
}
