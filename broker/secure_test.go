package broker

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// certificate is one for 127.0.0.1, and a file of it.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// overTLS returns cfg with the URL of somebody who speaks TLS in front of its broker.
func overTLS(t *testing.T, cfg Config, own tls.Certificate, parameters string) Config {
	t.Helper()
	u, err := url.Parse(cfg.URLs[0])
	if err != nil {
		t.Fatal(err)
	}
	to := u.Host
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
				wg.Go(func() {
					_, _ = io.Copy(way[0], way[1]) // ends with either of them
					_, _ = way[0].Close(), way[1].Close()
				})
			}
		}
	})
	u.Scheme, u.Host, u.RawQuery = "AMQPS", l.Addr().String(), parameters
	cfg.URLs = []string{u.String()}
	return cfg
}

// TLS is spoken as configuration and URL say, and what comes through it is looked through.
func TestOverTLS(t *testing.T) {
	plain := testConfig(t)
	own, file := certificate(t)
	trusted := "cacertfile=" + url.QueryEscape(file)
	pool := x509.NewCertPool()
	parsed, err := x509.ParseCertificate(own.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(parsed)
	for name, cfg := range map[string]Config{
		"by the URL": overTLS(t, plain, own, trusted),
		"by the configuration": func() Config {
			c := overTLS(t, plain, own, "")
			c.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
			return c
		}(),
		"by another name than its": overTLS(t, plain, own, trusted+"&server_name_indication=127.0.0.1"),
	} {
		t.Run(name, func(t *testing.T) {
			p := startPublisher(t, cfg)
			publish(t, p, event(1))
			publishPartner(t, admin(t, plain), plain, func(m *amqp.Publishing) { m.Headers = nested(40) })
			r := &record{}
			_, stop := startConsumer(t, cfg, r.handle)
			eventually(t, "both consumed", func() bool { return r.events() == 2 })
			settled(t, plain, stop)
		})
	}
	for name, tt := range map[string]struct{ parameters, want string }{
		"nobody it trusts":          {"", "certificate"},
		"another server's":          {trusted + "&server_name_indication=mq.example.com", "mq.example.com"},
		"a file that is not there":  {"cacertfile=/nonexistent/ca.pem", "no such file"},
		"a file of something else":  {"cacertfile=secure_test.go", "no certificate"},
		"no certificate of our own": {trusted + "&certfile=/nonexistent/c.pem&keyfile=/nonexistent/k.pem", "our own certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := overTLS(t, plain, own, tt.parameters).withDefaults()
			if err != nil {
				t.Fatal(err)
			}
			s, err := cfg.dial(t.Context(), "test", 0)
			if err == nil {
				s.close()
				t.Fatal("connected")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want it to name %q", err, tt.want)
			}
		})
	}
}
