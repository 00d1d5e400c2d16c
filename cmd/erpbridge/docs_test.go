package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"golang.org/x/crypto/ssh"

	"github.com/hakooi/erpbridge/adapters"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
	"github.com/hakooi/erpbridge/config"
)

// An example is a block of YAML in a manual.
type example struct {
	file string // as errors name it
	line int    // of its first line
	text string
}

// manuals returns the manuals, below the repository.
func manuals(t *testing.T) []string {
	t.Helper()
	files := []string{"README.md"}
	for _, pattern := range []string{"docs/*.md", "docs/erps/*.md"} {
		found, err := filepath.Glob(filepath.Join("..", "..", pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(found), err)
		}
		for _, f := range found {
			files = append(files, strings.TrimPrefix(filepath.ToSlash(f), "../../"))
		}
	}
	return files
}

func manual(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// examplesIn returns the blocks of YAML of a manual. Blocks that are indented belong
// into another one and are not taken.
func examplesIn(name, text string) (es []example) {
	open := -1
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		switch {
		case line == "```yaml" && open < 0:
			open = i + 1
		case line == "```" && open >= 0:
			es = append(es, example{name, open + 1, strings.Join(lines[open:i], "\n") + "\n"})
			open = -1
		}
	}
	return es
}

var (
	begins       = regexp.MustCompile(`^(?:#.*\n|\n)*(database|broker|stores|targets|routes|mapping):`)
	mappingOf    = regexp.MustCompile(`^mapping: +# of a target of kind ([a-z0-9-]+)\n`)
	targetNamed  = regexp.MustCompile(`(?m)^ {2}- (?:\{)?name: ([a-z0-9-]+)`)
	sectionNamed = func(name, text string) bool { return regexp.MustCompile(`(?m)^` + name + `:`).MatchString(text) }
)

// complete makes a whole configuration of an example. Its lines stay where they are in
// the manual, so that errors name them.
func (e example) complete(t *testing.T, keys string) string {
	t.Helper()
	text, before := e.text, e.line-1
	if sectionNamed("mapping", text) {
		m := mappingOf.FindStringSubmatch(text)
		if m == nil || bare[m[1]] == "" {
			t.Fatalf("%s:%d: a mapping has to begin with: mapping:   # of a target of kind bc (or one of %d others)", e.file, e.line, len(bare))
		}
		head := "targets:\n  - name: " + m[1] + "\n    kind: " + m[1] + "\n" + bare[m[1]]
		before -= strings.Count(head, "\n")
		text = head + regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(text, "    $1")
	}
	text = strings.Repeat("\n", before) + strings.ReplaceAll(text, "/etc/erpbridge", keys)
	for _, s := range []struct{ name, least string }{
		{"database", "database: {url: 'postgres://erpbridge@db.example.com/erpbridge?sslmode=verify-full'}\n"},
		{"broker", "broker: {url: 'amqps://erpbridge@mq.example.com/'}\n"},
		{"stores", "stores: [" + storesOf(text) + "]\n"},
		{"targets", "targets:\n  - name: gp\n    kind: gp\n" + bare["gp"]},
	} {
		if !sectionNamed(s.name, text) {
			text += s.least
		}
	}
	if !sectionNamed("routes", text) {
		var names []string
		for _, m := range targetNamed.FindAllStringSubmatch(text[strings.Index(text, "targets:"):], -1) {
			names = append(names, m[1])
		}
		text += "routes: [{targets: [" + strings.Join(names, ", ") + "]}]\n"
	}
	return text
}

// storesOf returns the least settings of the stores that an example tells of.
func storesOf(text string) string {
	names := regexp.MustCompile(`\bshop-[a-z]{2}\b`).FindAllString(text, -1)
	if len(names) == 0 {
		names = []string{"shop-eu"}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	for i, name := range names {
		names[i] = "{name: " + name + ", kind: shopify, shop: example.myshopify.com, secrets: ['an example, 32 characters of noise']}"
	}
	return strings.Join(names, ", ")
}

// bare are the least settings of a target, by kind.
var bare = map[string]string{
	"netsuite": "    account: '1234567'\n    consumer_key: key\n    consumer_secret: secret\n    token: token\n    token_secret: secret\n",
	"gp":       "    url: https://gp.example.com/s.asmx\n    auth: {basic: {user: erpbridge, password: noise}}\n    company: 1\n    document_type: STDORD\n    batch: SHOP\n",
	"ax2012":   "    url: https://ax.example.com/s.svc\n    auth: {basic: {user: erpbridge, password: noise}}\n    company: USMF\n",
	"bc":       "    url: https://bc.example.com/BC/WS\n    auth: {basic: {user: erpbridge, password: noise}}\n    company: CRONUS\n    local_currency: EUR\n",
	"sap-s4": "    order_url: https://s4.example.com/orderrequest_in\n    auth: {basic: {user: ERPBRIDGE, password: noise}}\n" +
		"    sender: WEBSHOP\n    recipient: S4\n    sales_organization: '1010'\n    confirm: none\n",
	"sap-idoc": "    transport: soap\n    url: https://sap.example.com\n    client: '100'\n    auth: {basic: {user: ERPBRIDGE, password: noise}}\n" +
		"    sender: {port: ERPB, partner: WEBSHOP}\n    receiver: {port: SAPECC, partner: ECC100}\n    orders: {sales_org: '1000', channel: '10', division: '00'}\n    confirm: none\n",
	"fo": "    url: https://contoso.operations.dynamics.com\n    legal_entity: USMF\n" +
		"    auth: {oauth2: {token_url: https://login.example.com/token, client_id: id, client_secret: noise}}\n",
}

// manualEnv is the environment of the examples. Nothing answers at its addresses, and its
// secrets are none.
func manualEnv(name string) (string, bool) {
	if value, ok := config.ExampleEnv(name); ok {
		return value, true
	}
	return "an example, 64 hexadecimal digits", true
}

// The examples of the manuals are what people copy: each of them is a configuration that
// the program takes.
func TestExamplesOfTheManuals(t *testing.T) {
	keys := writeKeys(t)
	for _, name := range manuals(t) {
		for _, e := range examplesIn(name, manual(t, name)) {
			at := fmt.Sprintf("%s:%d", e.file, e.line)
			t.Run(at, func(t *testing.T) {
				if !begins.MatchString(e.text) {
					t.Skipf("%s is a part of a section", at)
				}
				conf, err := config.Parse(e.file, []byte(e.complete(t, keys)), keys, manualEnv)
				if err != nil {
					t.Fatal(err)
				}
				n, err := meet(conf, noReferences)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := lay(conf, n); err != nil {
					t.Error(err)
				}
				for _, target := range conf.Targets {
					if f := checkGuarantee(target, n.targets[target.Name]); !f.OK && !sectionNamed("mapping", e.text) {
						t.Errorf("no daemon would start with it: %s: %s: %s", f.Subject, f.Detail, f.Advice)
					}
				}
			})
		}
	}
}

// A wrong setting in a manual is named with the manual and its line.
func TestWrongExampleIsFound(t *testing.T) {
	text := "# A manual\n\n```yaml\ntargets:\n  - name: erp\n    kind: gp\n" + bare["gp"] + "    mapping: {prizes: net}\n```\n" +
		strings.Repeat("\n", 20) + "```yaml\nmapping:   # of a target of kind bc\n  prices: fancy\n```\n"
	es := examplesIn("docs/A.md", text)
	if len(es) != 2 {
		t.Fatalf("%d examples", len(es))
	}
	for i, want := range []string{`docs/A.md:12:15: .*prizes`, `docs/A.md:(3\d|4\d):.*mapping.prices: "fancy"`} {
		conf, err := config.Parse(es[i].file, []byte(es[i].complete(t, t.TempDir())), t.TempDir(), manualEnv)
		if err == nil {
			_, err = meet(conf, noReferences)
		}
		if err == nil || !regexp.MustCompile(want).MatchString(err.Error()) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
}

// Every setting of the mapping has its row in docs/MAPPING.md.
func TestEverySettingOfTheMappingIsInTheManual(t *testing.T) {
	text := manual(t, "docs/MAPPING.md")
	for _, setting := range settingsOf(reflect.TypeFor[salesdoc.Rules](), "") {
		if !strings.Contains(text, "`"+setting+"`") {
			t.Errorf("docs/MAPPING.md does not have `%s`", setting)
		}
	}
	for _, table := range salesdoc.Tables {
		if !strings.Contains(text, "| `"+table+"` |") {
			t.Errorf("docs/MAPPING.md has no row for the cross-reference table %s", table)
		}
	}
}

// settingsOf returns the names of all settings of a struct, those of structs inside with
// their way.
func settingsOf(of reflect.Type, at string) (names []string) {
	for i := range of.NumField() {
		f := of.Field(i)
		tag := f.Tag.Get("yaml")
		switch {
		case tag == ",inline":
			names = append(names, settingsOf(f.Type, at)...)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			for _, name := range settingsOf(f.Type.Elem(), "") {
				names = append(names, at+tag+"[]."+name)
			}
		case f.Type.PkgPath() == reflect.TypeFor[salesdoc.Rules]().PkgPath() && f.Type.Kind() == reflect.Struct:
			names = append(names, settingsOf(f.Type, at+tag+".")...)
		default:
			names = append(names, at+tag)
		}
	}
	return names
}

// The table of what each kind of target can express is what the adapters say, in their
// order. They say it when they are given a word that is none.
func TestWhatTargetsCanExpress(t *testing.T) {
	settings := []string{"prices", "tax.mode", "discounts.lines", "discounts.order", "tip.as", "customer.unknown", "refund.as", "cancel"}
	const wrong = `    mapping: {prices: x, tax: {mode: x}, discounts: {lines: x, order: x}, tip: {as: x, code: "1"}, customer: {unknown: x}, refund: {as: x}, cancel: x}`
	_, rest, _ := strings.Cut(manual(t, "docs/MAPPING.md"), "| kind | "+strings.Join(wrapped(settings), " | ")+" |\n")
	for kind := range adapters.ERPs {
		row := regexp.MustCompile(`(?m)^\| ` + "`" + kind + "`" + ` \| (.*) \|$`).FindStringSubmatch(rest)
		if row == nil {
			t.Errorf("docs/MAPPING.md has no row for %s", kind)
			continue
		}
		e := example{"docs/MAPPING.md", 1, "targets:\n  - name: erp\n    kind: " + kind + "\n" + bare[kind] + wrong + "\n"}
		conf, err := config.Parse(e.file, []byte(e.complete(t, t.TempDir())), t.TempDir(), manualEnv)
		if err != nil {
			t.Fatal(err)
		}
		_, err = meet(conf, noReferences)
		if err == nil {
			t.Fatalf("%s takes what is no word", kind)
		}
		cells := strings.Split(row[1], " | ")
		if len(cells) != len(settings) {
			t.Errorf("%s: %d cells, want %d", kind, len(cells), len(settings))
			continue
		}
		for i, setting := range settings {
			m := regexp.MustCompile(`mapping\.` + regexp.QuoteMeta(setting) + `: "x" is not one of ([a-z, -]+)`).FindStringSubmatch(err.Error())
			if m == nil {
				t.Errorf("%s does not check %s: %v", kind, setting, err)
				continue
			}
			if told := strings.ReplaceAll(cells[i], "*", ""); told != m[1] {
				t.Errorf("docs/MAPPING.md says that %s takes for %s: %s; it takes %s", kind, setting, told, m[1])
			}
		}
	}
}

func wrapped(names []string) []string {
	out := slices.Clone(names)
	for i := range out {
		out[i] = "`" + out[i] + "`"
	}
	return out
}

// A test that proves a guarantee exists.
func TestNamedTestsExist(t *testing.T) {
	there := make(map[string]bool)
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)\w+)\(`).FindAllSubmatch(text, -1) {
			there[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, name := range []string{"README.md", "docs/GUARANTEES.md"} {
		for i, line := range strings.Split(manual(t, name), "\n") {
			for _, test := range regexp.MustCompile(`\b(?:Test|Benchmark|Fuzz)[A-Z]\w+`).FindAllString(line, -1) {
				if named++; !there[test] {
					t.Errorf("%s:%d: there is no %s", name, i+1, test)
				}
			}
		}
	}
	if named < 50 {
		t.Errorf("only %d tests are named", named)
	}
}

// writeKeys writes the keys that examples name below /etc/erpbridge, by their names there.
func writeKeys(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	for _, name := range []string{"ax_key", "sap_key", "sftp_key"} {
		write(name, key)
	}
	host, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	write("known_hosts", append([]byte("* "), ssh.MarshalAuthorizedKey(host)...))
	cert, certKey := certificate(t)
	write("erpbridge.pem", cert)
	write("erpbridge.key", certKey)
	write("ca.pem", cert)
	theirs, _ := pgpKey(t)
	_, ours := pgpKey(t)
	write("partner.asc", theirs)
	write("erpbridge.asc", ours)
	return dir
}

func certificate(t *testing.T) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "erpbridge"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

func pgpKey(t *testing.T) (public, private []byte) {
	t.Helper()
	e, err := openpgp.NewEntity("example", "", "files@example.com", &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA, DefaultCipher: packet.CipherAES256})
	if err != nil {
		t.Fatal(err)
	}
	armored := func(kind string, serialize func(*bytes.Buffer) error) []byte {
		var plain, text bytes.Buffer
		if err := serialize(&plain); err != nil {
			t.Fatal(err)
		}
		w, err := armor.Encode(&text, kind, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(plain.Bytes()); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return text.Bytes()
	}
	return armored(openpgp.PublicKeyType, func(b *bytes.Buffer) error { return e.Serialize(b) }),
		armored(openpgp.PrivateKeyType, func(b *bytes.Buffer) error { return e.SerializePrivate(b, nil) })
}
