package sapidoc

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/hakooi/erpbridge/adapters/erp/filetransfer"
	"github.com/hakooi/erpbridge/adapters/erp/login"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// connect makes the clients of the transport. It connects to nothing yet.
func (e *ERP) connect() error {
	e.secrets = append(e.secrets, string(e.conf.Confirmations.Password))
	if e.conf.Transport == FileTransport {
		files, err := filetransfer.Open(e.conf.Files)
		if err != nil {
			return fmt.Errorf("files: %w", err)
		}
		e.files = files
		return nil
	}
	roots, err := login.Roots(e.conf.CAFile)
	if err != nil {
		return err
	}
	auth, err := login.New(e.conf.Auth, roots)
	if err != nil {
		return err
	}
	e.secrets = append(e.secrets, auth.Secrets()...)
	service, ping, err := e.conf.endpoint()
	if err != nil {
		return fmt.Errorf("url: %w", err)
	}
	e.http = &poster{service: service, ping: ping, http: &http.Client{
		Transport: auth.RoundTripper(&http.Transport{
			DialContext:            (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			TLSHandshakeTimeout:    15 * time.Second,
			MaxIdleConnsPerHost:    16,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true, // no bomb in gzip
		}),
		// A redirect is an answer like any other, and a refusal.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if e.conf.Transport != SOAPTransport {
		return nil
	}
	e.soap, err = soap.NewClient(soap.Options{
		URL: service, RootCAs: roots, Certificates: auth.Certificates(), Authorize: auth.Authorize, Transport: auth.Transport,
	})
	if err != nil {
		return fmt.Errorf("url: %w", err)
	}
	return nil
}
