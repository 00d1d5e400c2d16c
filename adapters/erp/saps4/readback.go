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
const mostRead = 4 << 20

// readBack looks for the order that has our reference.
func (e *ERP) readBack(ctx context.Context, a erpbridge.Accepted) erpbridge.Result {
	const op = "saps4.Confirm"
	ctx, cancel := context.WithTimeout(ctx, e.conf.Timeout)
	defer cancel()
	sent := sentBy(a)
	query := url.Values{
		"$filter": {"PurchaseOrderByCustomer eq '" + strings.ReplaceAll(sent.reference, "'", "''") + "'"},
		"$select": {"SalesOrder,TotalNetAmount,LastChangeDateTime,OverallSDDocumentRejectionSts,to_Item/HigherLevelItem,to_Item/RequestedQuantity,to_Text/LongText"},
		"$expand": {"to_Item,to_Text"}, "$top": {"2"}, "$format": {"json"},
	}
	if u, err := url.Parse(e.conf.ReadBackURL); err == nil && u.Query().Has("sap-client") {
		query.Set("sap-client", u.Query().Get("sap-client"))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(withoutQuery(e.conf.ReadBackURL), "/")+"/A_SalesOrder?"+query.Encode(), nil)
	if err != nil {
		return failed(op, erpbridge.Refused, err)
	}
	req.Header.Set("Accept", "application/json")
	if err := erpbridge.Pace(ctx); err != nil {
		return erpbridge.Result{Err: err}
	}
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
	return e.told(op, a, sent, raw)
}

// told reads what the OData service says.
func (e *ERP) told(op string, a erpbridge.Accepted, sent sentOrder, raw []byte) erpbridge.Result {
	var answer struct {
		D *struct {
			Results []salesOrder `json:"results"`
		} `json:"d"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil || answer.D == nil {
		return failed(op, erpbridge.Unknown, errors.New("the answer of read_back_url is not OData's"))
	}
	found := answer.D.Results
	switch {
	case len(found) == 0 && sent.removes && time.Since(a.Since) >= e.conf.UnknownAfter:
		return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: sent.reference, Warning: "the order was cancelled before it was ever in S/4"}}
	case len(found) == 0:
		return failed(op, erpbridge.Missing, fmt.Errorf("S/4 has no order for %s yet: if this stays so, look for the message in S/4 (transaction SRT_MONI, or AIF)", sent.reference))
	case len(found) > 1:
		return failed(op, erpbridge.Invalid, fmt.Errorf("S/4 has several orders for %s: it refuses to change any of them; reject all but one by hand", sent.reference))
	case found[0].SalesOrder == "":
		return failed(op, erpbridge.Unknown, errors.New("S/4 told of an order without a number"))
	case sent.removes:
		return found[0].removed(a)
	}
	return found[0].stands(op, a, sent)
}
