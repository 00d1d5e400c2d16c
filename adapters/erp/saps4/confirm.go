package saps4

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
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

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/login"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// Acknowledge reads what S/4 sends about orders and business partners, alone or in an
// envelope.
func (e *ERP) Acknowledge(m erpbridge.Message) ([]erpbridge.Acknowledgement, error) {
	const op = "saps4.Acknowledge"
	req := http.Request{Header: m.Header}
	user, password, _ := req.BasicAuth()
	if e.conf.Confirm != ByMessage || !equal(user, e.conf.ConfirmUser) || !equal(password, string(e.conf.ConfirmPassword)) {
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Refused, Err: errors.New("the sender did not log in with confirm_user and confirm_password")}
	}
	root, err := soap.Parse(m.Body, "")
	if err == nil && root.Tag == "Envelope" {
		var env *soap.Envelope
		if env, err = soap.ParseEnvelope(m.Body, ""); err == nil {
			root = env.Content
		}
	}
	switch {
	case err != nil:
	case soap.Is(root, nsEDI, "OrderConfRequest"):
		return orderConfirmed(op, root)
	case soap.Is(root, nsGlobal, "BusinessPartnerSUITEBulkReplicateConfirmation"):
		return partnersConfirmed(op, root)
	default:
		err = errors.New("it is neither an OrderConfRequest nor the confirmation of a business partner")
	}
	return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Err: err}
}

// orderConfirmed reads S/4's word that it has made an order. It has none for that it has
// not.
func orderConfirmed(op string, root *etree.Element) ([]erpbridge.Acknowledgement, error) {
	ref, number := textAt(root, "OrderConfirmation/PurchaseOrderID"), textAt(root, "OrderConfirmation/SalesOrderID")
	if ref == "" || number == "" {
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Err: errors.New("the confirmation names no PurchaseOrderID, or no SalesOrderID")}
	}
	return []erpbridge.Acknowledgement{{Ref: ref, Result: erpbridge.Result{Receipt: erpbridge.Receipt{Ref: number}}}}, nil
}

// partnersConfirmed reads what became of business partners.
func partnersConfirmed(op string, root *etree.Element) (as []erpbridge.Acknowledgement, err error) {
	for _, m := range root.SelectElements("BusinessPartnerSUITEReplicateConfirmationMessage") {
		a := erpbridge.Acknowledgement{Ref: strings.ToLower(textAt(m, "BusinessPartner/UUID"))}
		if a.Ref == "" {
			return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Err: errors.New("the confirmation names no UUID of a business partner")}
		}
		a.Result.Receipt.Ref = cmp.Or(textAt(m, "BusinessPartner/ReceiverInternalID"), a.Ref)
		if l, ok := readLog(m); ok && l.failed {
			a.Result = failed(op, erpbridge.Invalid, errors.New(soap.Reason(l.said)))
		}
		as = append(as, a)
	}
	if len(as) == 0 {
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Err: errors.New("the confirmation is about no business partner")}
	}
	return as, nil
}

// equal compares in a time that tells nothing, not even the length.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// Confirm reads orders back, where that is configured; otherwise it is S/4 that tells.
func (e *ERP) Confirm(ctx context.Context, accepted []erpbridge.Accepted) []erpbridge.Result {
	results := make([]erpbridge.Result, len(accepted))
	for i, a := range accepted {
		if e.odata == nil {
			results[i].Receipt = erpbridge.Receipt{Ref: a.Ref, Accepted: true, Warning: "no OrderConfRequest has come yet"}
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
		"$filter": {"PurchaseOrderByCustomer eq '" + strings.ReplaceAll(a.Ref, "'", "''") + "'"}, "$select": {"SalesOrder,OverallSDProcessStatus"},
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
		after, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return erpbridge.Result{Err: &erpbridge.Error{Op: op, Kind: erpbridge.Throttled, After: time.Duration(min(max(after, 0), 3600)) * time.Second, Err: fmt.Errorf("HTTP %d", code)}}
	case code == http.StatusUnauthorized || code == http.StatusForbidden || code == http.StatusNotFound:
		return failed(op, erpbridge.Refused, fmt.Errorf("HTTP %d from read_back_url: see the user's rights, and the URL", code))
	case code != http.StatusOK || err != nil || len(raw) > mostRead:
		return failed(op, erpbridge.Transient, fmt.Errorf("HTTP %d from read_back_url", code))
	}
	return told(op, a, raw)
}

// told reads what the OData service says.
func told(op string, a erpbridge.Accepted, raw []byte) erpbridge.Result {
	var answer struct {
		D *struct {
			Results []struct {
				SalesOrder string `json:"SalesOrder"`
			} `json:"results"`
		} `json:"d"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil || answer.D == nil {
		return failed(op, erpbridge.Unknown, errors.New("the answer of read_back_url is not OData's"))
	}
	switch found := answer.D.Results; len(found) {
	case 0:
		return failed(op, erpbridge.Missing, fmt.Errorf("S/4 has no order for %s yet: if this stays so, look for the message in S/4 (transaction SRT_MONI, or AIF)", a.Ref))
	case 1:
		if found[0].SalesOrder == "" {
			return failed(op, erpbridge.Unknown, errors.New("S/4 told of an order without a number"))
		}
		return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: found[0].SalesOrder}}
	}
	return failed(op, erpbridge.Invalid, fmt.Errorf("S/4 has several orders for %s: it refuses to change any of them; reject all but one by hand", a.Ref))
}
