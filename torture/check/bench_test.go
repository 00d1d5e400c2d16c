package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/hakooi/erpbridge/torture/journal"
)

// What a long run costs: b.N events, ten to an order, all of which take effect. The
// journals are made while they are read.
func BenchmarkCheck(b *testing.B) {
	each := func(write func(n, version int) error) error {
		for i := range b.N {
			if err := write(1001+i/10, 1+i%10); err != nil {
				return err
			}
		}
		return nil
	}
	sender := stream(func(out *json.Encoder) error {
		return each(func(n, version int) error {
			e := eventID(n, version)
			return errors.Join(
				out.Encode(journal.Sent{What: journal.Send, Event: e, Order: fmt.Sprint(n), OrderID: orderID(n), Version: version, UpdatedAt: updatedAt(version), Body: body(n, version, false)}),
				out.Encode(journal.Answered{What: journal.Answer, Event: e, Status: 200}))
		})
	})
	erp := stream(func(out *json.Encoder) error {
		return each(func(n, version int) error {
			err := out.Encode(map[string]any{"kind": "arrival", "request": n, "time": begin})
			for _, k := range []kind{customer, salesOrder, deposit} {
				if k != deposit || version > 1 {
					err = errors.Join(err, out.Encode(effect(int64(n), k, n, version, false)))
				}
			}
			return errors.Join(err, out.Encode(map[string]any{"kind": "answer", "request": n, "time": begin}))
		})
	})
	b.ResetTimer()
	sum, err := Check(Input{Sender: sender, ERP: erp, Account: account, Final: Final{Status: status(int64(b.N), 0, true)}})
	if err != nil {
		b.Fatal(err)
	}
	if !sum.Clean() || sum.Accepted != b.N {
		b.Errorf("%+v", sum)
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	b.ReportMetric(float64(mem.Sys)/(1<<20), "MB")
}

// stream returns what write writes.
func stream(write func(*json.Encoder) error) io.Reader {
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(write(json.NewEncoder(w))) }()
	return r
}
