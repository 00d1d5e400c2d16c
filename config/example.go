package config

import _ "embed"

//go:embed example.yaml
var example string

// Example returns a whole configuration file with a comment for every setting.
// It is valid once the variables it names are set; ExampleEnv has values for
// them to check it with.
func Example() string { return example }

// ExampleEnv is an environment in which Example is valid. Nothing answers at its
// addresses, and its secrets are none.
func ExampleEnv(name string) (string, bool) {
	value, ok := map[string]string{
		"DATABASE_URL":             "postgres://erpbridge@db.example.com/erpbridge?sslmode=verify-full",
		"AMQP_URL":                 "amqps://erpbridge@mq.example.com/",
		"SHOPIFY_SECRET":           "an example, 32 characters of noise",
		"NETSUITE_CONSUMER_KEY":    "an example, 64 hexadecimal digits",
		"NETSUITE_CONSUMER_SECRET": "an example, 64 hexadecimal digits",
		"NETSUITE_TOKEN":           "an example, 64 hexadecimal digits",
		"NETSUITE_TOKEN_SECRET":    "an example, 64 hexadecimal digits",
		"SMTP_PASSWORD":            "an example",
	}[name]
	return value, ok
}
