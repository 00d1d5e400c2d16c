package broker

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	amqp "github.com/rabbitmq/amqp091-go"
)

// secure is how TLS is spoken with a node; nil: it is not. Where the configuration does
// not say, the URL's own parameters do.
func (c Config) secure(uri amqp.URI) (*tls.Config, error) {
	if uri.Scheme != "amqps" {
		return nil, nil
	}
	conf := c.TLS.Clone()
	if conf == nil {
		conf = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: uri.ServerName}
		if uri.CACertFile != "" {
			pem, err := os.ReadFile(uri.CACertFile)
			if err != nil {
				return nil, fmt.Errorf("reading the certificates to trust: %w", err)
			}
			conf.RootCAs = x509.NewCertPool()
			if !conf.RootCAs.AppendCertsFromPEM(pem) {
				return nil, fmt.Errorf("%s holds no certificate", uri.CACertFile)
			}
		}
		if uri.CertFile != "" && uri.KeyFile != "" {
			own, err := tls.LoadX509KeyPair(uri.CertFile, uri.KeyFile)
			if err != nil {
				return nil, fmt.Errorf("reading our own certificate: %w", err)
			}
			conf.Certificates = []tls.Certificate{own}
		}
	}
	conf.ServerName = cmp.Or(conf.ServerName, uri.Host)
	return conf, nil
}
