package saps4

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/login"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// Confirm reads orders back, where that is configured; otherwise it is S/4 that tells. A
// business partner cannot be read back.
func (e *ERP) Confirm(ctx context.Context, accepted []erpbridge.Accepted) []erpbridge.Result {
	results := make([]erpbridge.Result, len(accepted))
	for i, a := range accepted {
		if e.odata == nil || a.Kind == businessPartner {
			results[i].Receipt = erpbridge.Receipt{Ref: a.Ref, Accepted: true, Warning: "no confirmation has come yet"}
			continue
		}
		results[i] = e.readBack(ctx, a)
	}
	return results
}

// reader is the client of the OData service.
func reader(who *login.Login, roots *x509.CertPool) *http.Client {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.Proxy, base.DisableCompression = nil, true
	base.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, Certificates: who.Certificates()}
	return &http.Client{
		Transport:     who.RoundTripper(base),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// mostRead is the largest answer of the OData service that is read, in bytes.
const mostRead = 1 << 20

// readBack looks for the order that has our reference.
func (e *ERP) readBack(ctx context.Context, a erpbridge.Accepted) erpbridge.Result {
	const op = "saps4.Confirm"
	ctx, cancel := context.WithTimeout(ctx, e.conf.Timeout)
	defer cancel()
	query := url.Values{
		"$filter": {"PurchaseOrderByCustomer eq '" + strings.ReplaceAll(a.Ref, "'", "''") + "'"}, "$select": {"SalesOrder,TotalNetAmount,LastChangeDateTime,OverallSDDocumentRejectionSts"},
		"$top": {"2"}, "$format": {"json"},
	}
	if u, err := url.Parse(e.conf.ReadBackURL); err == nil && u.Query().Has("sap-client") {
		query.Set("sap-client", u.Query().Get("sap-client"))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(withoutQuery(e.conf.ReadBackURL), "/")+"/A_SalesOrder?"+query.Encode(), nil)
	if err != nil {
		return failed(op, erpbridge.Refused, err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := e.odata.Do(req)
	if err != nil {
		var known *erpbridge.Error
		if errors.As(err, &known) {
			return erpbridge.Result{Err: known}
		}
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the URL
		}
		return failed(op, erpbridge.Transient, err)
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, mostRead+1))
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		return erpbridge.Result{Err: &erpbridge.Error{Op: op, Kind: erpbridge.Throttled, After: soap.RetryAfter(resp.Header, time.Now()), Err: fmt.Errorf("HTTP %d", code)}}
	case code == http.StatusUnauthorized || code == http.StatusForbidden || code == http.StatusNotFound:
		return failed(op, erpbridge.Refused, fmt.Errorf("HTTP %d from read_back_url: see the user's rights, and the URL", code))
	case code != http.StatusOK || err != nil || len(raw) > mostRead:
		return failed(op, erpbridge.Transient, fmt.Errorf("HTTP %d from read_back_url", code))
	}
	return e.told(op, a, raw)
}

// A salesOrder is one as the OData service shows it.
type salesOrder struct {
	SalesOrder                    string
	TotalNetAmount                string
	LastChangeDateTime            string
	OverallSDDocumentRejectionSts string
}

// told reads what the OData service says.
func (e *ERP) told(op string, a erpbridge.Accepted, raw []byte) erpbridge.Result {
	var answer struct {
		D *struct {
			Results []salesOrder `json:"results"`
		} `json:"d"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil || answer.D == nil {
		return failed(op, erpbridge.Unknown, errors.New("the answer of read_back_url is not OData's"))
	}
	found := answer.D.Results
	sent, removes := sentBy(a)
	switch {
	case len(found) == 0 && removes && time.Since(a.Since) >= e.conf.UnknownAfter:
		return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: a.Ref, Warning: "the order was cancelled before it was ever in S/4"}}
	case len(found) == 0:
		return failed(op, erpbridge.Missing, fmt.Errorf("S/4 has no order for %s yet: if this stays so, look for the message in S/4 (transaction SRT_MONI, or AIF)", a.Ref))
	case len(found) > 1:
		return failed(op, erpbridge.Invalid, fmt.Errorf("S/4 has several orders for %s: it refuses to change any of them; reject all but one by hand", a.Ref))
	case found[0].SalesOrder == "":
		return failed(op, erpbridge.Unknown, errors.New("S/4 told of an order without a number"))
	case removes:
		return found[0].removed(a)
	}
	return found[0].stands(op, a, sent)
}

// sentBy returns what an OrderRequest of ours comes to before S/4's tax, and whether it
// removes the order.
func sentBy(a erpbridge.Accepted) (sum erpbridge.Decimal, removes bool) {
	body, err := soap.Parse(a.Body, "")
	if err != nil {
		return sum, false
	}
	for _, amount := range body.FindElements("Order/OrderItem/ExpectedNetAmount") {
		if n, err := erpbridge.ParseDecimal(soap.Text(amount)); err == nil {
			sum = sum.Add(n)
		}
	}
	return sum, textAt(body, "Order/ActionCode") == remove
}

// removed says whether S/4 has removed an order: all its items are rejected.
func (o salesOrder) removed(a erpbridge.Accepted) erpbridge.Result {
	if o.OverallSDDocumentRejectionSts == "C" {
		return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: o.SalesOrder}}
	}
	return waiting(a, fmt.Sprintf("S/4 has order %s, and not all of it is rejected", o.SalesOrder))
}

// skew is how far S/4's clock may be behind ours.
const skew = time.Minute

// stands says whether an order in S/4 is the state that was sent: it comes to the same,
// or was changed since. The latter is for systems that price orders by themselves.
func (o salesOrder) stands(op string, a erpbridge.Accepted, sent erpbridge.Decimal) erpbridge.Result {
	booked := erpbridge.Result{Receipt: erpbridge.Receipt{Ref: o.SalesOrder}}
	if o.TotalNetAmount == "" || len(a.Body) == 0 {
		return booked
	}
	total, err := erpbridge.ParseDecimal(o.TotalNetAmount)
	if err != nil {
		return failed(op, erpbridge.Unknown, fmt.Errorf("S/4 told of an order over %q", soap.Reason(o.TotalNetAmount)))
	}
	differs := fmt.Sprintf("S/4 has order %s over %s, sent was %s", o.SalesOrder, total, sent)
	switch at, ok := instant(o.LastChangeDateTime); {
	case total.Equal(sent):
		return booked
	case ok && !at.Before(a.Since.Add(-skew)):
		booked.Receipt.Warning = differs
		return booked
	}
	return waiting(a, differs+", and was not changed since")
}

func waiting(a erpbridge.Accepted, why string) erpbridge.Result {
	return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: a.Ref, Accepted: true, Warning: why}}
}

// instant reads OData's "/Date(1130168212000+0000)/": milliseconds, and an offset that
// does not change them.
func instant(s string) (time.Time, bool) {
	s, begins := strings.CutPrefix(s, "/Date(")
	s, ends := strings.CutSuffix(s, ")/")
	if at := strings.LastIndexAny(s, "+-"); at > 0 {
		s = s[:at]
	}
	ms, err := strconv.ParseInt(s, 10, 64)
	return time.UnixMilli(ms), begins && ends && err == nil
}
