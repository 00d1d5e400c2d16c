package pipeline

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
)

// Privacy holds requests under data protection law for a person to answer, and says by
// when. No ERP is told of them by a document: what is to be looked up or forgotten
// there, and in the bridge's own tables, is for somebody to decide.
type Privacy struct{}

// answerWithin is what platforms, and the law behind them, give for an answer.
const answerWithin = 30 * 24 * time.Hour

// Process returns e, or an error of kind Held. The error names ids only.
func (Privacy) Process(_ context.Context, e erpbridge.Event) (erpbridge.Event, error) {
	p := e.Privacy
	if p == nil {
		return e, nil
	}
	what := map[erpbridge.PrivacyKind]string{
		erpbridge.DataRequest:    "what is kept of customer %s is to be handed out",
		erpbridge.RedactCustomer: "what is kept of customer %s is to be deleted",
		erpbridge.RedactShop:     "what is kept of the shop %s is to be deleted",
	}[p.Kind]
	whom := p.CustomerID
	if p.Kind == erpbridge.RedactShop {
		whom = p.Shop
	}
	if what == "" {
		what = "a request about %s"
	}
	text := fmt.Sprintf(what, whom)
	if len(p.Orders) > 0 {
		text += " (orders " + strings.Join(p.Orders[:min(len(p.Orders), 20)], ", ") + ")"
	}
	return e, &erpbridge.Error{
		Op: "pipeline.Privacy", Kind: erpbridge.Held,
		Err: fmt.Errorf("%s by %s: do so in the ERPs and in the bridge's database, then close this with erpbridge held discard",
			text, e.ReceivedAt.Add(answerWithin).UTC().Format(time.DateOnly)),
	}
}
