package config

import (
	"strings"
	"testing"
)

func TestDatabaseURL(t *testing.T) {
	const fine = ""
	tests := []struct {
		dsn, want string
	}{
		{"postgres://localhost/erp", fine},
		{"postgresql://u:p@127.0.0.1:5432/erp?sslmode=disable", fine},
		{"postgres://u:p@[::1]:5432/erp", fine},
		{"postgres://127.8.9.10/erp", fine},
		{"postgres://%2Frun%2Fpostgresql/erp", fine},
		{"postgres:///erp?host=/run/postgresql", fine},
		{"postgres://u:p@db.example.com/erp?sslmode=require", fine},
		{"postgres://a:1,b:2/erp?sslmode=verify-full", fine},
		{"host=/run/postgresql dbname=erp", fine},
		{"host=localhost port=5432 user='a b' password='it\\'s = x' dbname=erp", fine},
		{"host=db.example.com sslmode=verify-ca", fine},
		{"host = db.example.com sslmode = verify-full", fine},

		{"postgres://db.example.com/erp", "plaintext"},
		{"postgres://db.example.com/erp?sslmode=prefer", "plaintext"},
		{"postgres://db.example.com/erp?sslmode=allow", "plaintext"},
		{"postgres://10.0.0.1/erp?sslmode=disable", "plaintext"},
		{"postgres://localhost,db.example.com/erp", "plaintext"},
		{"postgres://localhost/erp?host=db.example.com", "plaintext"},
		{"postgres://localhost.example.com/erp", "plaintext"},
		{"postgres://u:p@localhost@db.example.com/erp", "plaintext"},
		{"postgres://[2001:db8::1]:5432/erp", "plaintext"},
		{"host=db.example.com password='sslmode=require'", "plaintext"},
		{"postgres://localhost/erp?sslmode=on", "unknown sslmode"},
		{"postgres:///erp", "no host"},
		{"dbname=erp", "no host"},
		{"postgres://localhost,/erp", "no host"},
		{"mysql://localhost/erp", "postgres://"},
		{"localhost", "neither"},
		{"host=localhost 'oops", "neither"},
		{"postgres://u:%zz@localhost/erp", "percent-encoded"},
		{"postgres://localhost/erp?a=%zz", "question mark"},
	}
	for _, tt := range tests {
		err := checkDatabaseURL(tt.dsn, false)
		switch {
		case tt.want == fine && err != nil:
			t.Errorf("%s: %v", tt.dsn, err)
		case tt.want != fine && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: got %v, want %q", tt.dsn, err, tt.want)
		}
	}
	if err := checkDatabaseURL("postgres://db.example.com/erp", true); err != nil {
		t.Errorf("insecure: %v", err)
	}
}

func TestBrokerURL(t *testing.T) {
	for _, ok := range []string{"amqp://localhost", "amqp://u:p@[::1]:5672/vhost", "amqps://mq.example.com", "amqp://127.0.0.1:5672/%2f"} {
		if err := checkBrokerURL(ok, false); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
	for _, bad := range []string{"amqp://mq.example.com", "amqp://10.0.0.1", "http://localhost", "localhost", "amqps://", "amqp://u:%zz@localhost"} {
		if err := checkBrokerURL(bad, false); err == nil {
			t.Errorf("%s: accepted", bad)
		}
	}
	if err := checkBrokerURL("amqp://mq.example.com", true); err != nil {
		t.Errorf("insecure: %v", err)
	}
}

func TestCheckManagementURL(t *testing.T) {
	for _, ok := range []string{"http://localhost:15672", "http://u:p@127.0.0.1:15672/", "https://mq.example.com/rabbit"} {
		if err := checkManagementURL(ok, false); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
	for _, bad := range []string{
		"http://mq.example.com:15672", "amqp://localhost", "localhost:15672", "https://", "https://u:%zz@localhost", "https://mq.example.com/?x=1",
	} {
		if err := checkManagementURL(bad, false); err == nil {
			t.Errorf("%s: accepted", bad)
		}
	}
	if err := checkManagementURL("http://mq.example.com:15672", true); err != nil {
		t.Errorf("insecure: %v", err)
	}
}
