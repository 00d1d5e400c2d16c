package storefronttest_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// published writes a small one of each corpus, and makes it what Shared returns.
func published(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	b64 := func(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
	signed := func(body, secret string) string { return storefronttest.MAC(secret, []byte(body)) }
	for path, text := range map[string]string{
		"corpora/webhook-json/MANIFEST.tsv": "file\tbytes\tdemanded\twhy\n00-good.json\t8\tACCEPT\t\"a\" baseline\n" +
			"05-id-2pow53-plus1.json\t1\tACCEPT-EXACT\tmore than a float64 holds\n31-empty.json\t0\tREJECT\n" +
			"32-null.json\t0\tREJECT\tnothing\n37-timestamp-leap.json\t0\tREJECT-OR-CLAMP\ta choice\n99-ours.json\t8\tREJECT\twe think otherwise\n",
		"corpora/webhook-json/00-good.json":            `{"id":1}`,
		"corpora/webhook-json/05-id-2pow53-plus1.json": `{"id":9007199254740993}`,
		"corpora/webhook-json/31-empty.json":           "",
		"corpora/webhook-json/32-null.json":            "null",
		"corpora/webhook-json/37-timestamp-leap.json":  `{"id":1}{`,
		"corpora/webhook-json/99-ours.json":            `{"id":9}`,
		"corpora/order-fields/values.json": `[{"name":"quotes","b64":"` + b64([]byte("\"\\\n'é")) + `","xml10_legal":true},` +
			`{"name":"bell","b64":"` + b64([]byte("a\ab")) + `","xml10_legal":false},{"name":"bytes","b64":"` + b64([]byte("a\xff")) + `","xml10_legal":false}]`,
		"corpora/hmac/vectors.json": `[{"name":"good","secrets":["new","old"],"body_b64":"` + b64([]byte("{}")) + `","headers":[["x-sum","` + signed("{}", "old") + `"]],"valid":true},` +
			`{"name":"twice","secrets":["new"],"body_b64":"","headers":[["X-Sum","` + signed("", "new") + `"],["X-Sum","x"]],"valid":false},` +
			`{"name":"unsigned","secrets":["new"],"body_b64":"","headers":[["X-Sum","` + signed("", "new") + `"],["X-Topic","orders/delete"]],"valid":null},` +
			`{"name":"none","secrets":[""],"body_b64":"","headers":[["X-Sum","` + signed("", "") + `"]],"valid":false},` +
			`{"name":"std-good","secrets":["new"],"body_b64":"","headers":[["webhook-signature","v1,x"]],"now":5,"valid":true}]`,
		"storefront-samples/INDEX.tsv":              "file\tbytes\tfeatures\ttotal reconciles\na/x__y.json\t2\tone\tyes\na/z.json\t2\t\tNO: DIFF -0.50\nb/w.json\t2\t\n",
		"storefront-samples/a/x__y.json":            "{}",
		"storefront-samples/a/z.json":               "[]",
		"storefront-samples/b/w.json":               "1",
		"storefront-samples/signature-vectors.json": `{"note":"n","body_base64":"` + b64([]byte("body")) + `","shop":{"secret":"s"}}`,
	} {
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("ERPBRIDGE_SHARED", dir)
}

// pupil is a storefront that passes every corpus, unless broken says what it does wrong.
type pupil struct {
	broken  string
	secrets []string
}

func (p *pupil) Verify(m erpbridge.Message) (erpbridge.Message, error) {
	sent, proven := m.Header.Values("X-Sum"), false
	for _, secret := range p.secrets {
		proven = proven || len(sent) == 1 && sent[0] == storefronttest.MAC(secret, m.Body)
	}
	m.ID, m.Type = "1", m.Header.Get("X-Topic")
	switch {
	case p.broken == "errs in another kind" && !proven:
		return m, &erpbridge.Error{Op: "pupil.Verify", Kind: erpbridge.Invalid, Err: errors.New("no")}
	case p.broken == "takes any signature", p.broken == "takes two" && len(sent) == 2, p.broken == "takes another scheme" && len(sent) == 0:
		return m, nil
	case p.broken == "takes no signature", !proven:
		return m, &erpbridge.Error{Op: "pupil.Verify", Kind: erpbridge.Refused, Err: errors.New("no")}
	}
	return m, nil
}

func (p *pupil) Normalize(m erpbridge.Message) ([]erpbridge.Event, error) {
	var body struct {
		ID   strictjson.Scalar `json:"id"`
		Note strictjson.Scalar `json:"note"`
	}
	err := strictjson.Unmarshal(m.Body, &body, strictjson.Default())
	switch {
	case p.broken == "takes all":
		err = nil
	case p.broken == "refuses all", p.broken == "refuses vaguely" && err != nil:
		err = errors.New("no")
	}
	if err != nil {
		kind := erpbridge.Invalid
		if p.broken == "errs as if held" {
			kind = erpbridge.Held
		}
		return nil, &erpbridge.Error{Op: "pupil.Normalize", Kind: kind, Err: err}
	}
	o := &erpbridge.Order{ID: body.ID.Text(), Note: strings.Map(holdable, body.Note.Text())}
	if o.Note != body.Note.Text() && p.broken != "strips in silence" {
		o.Attributes = []erpbridge.Attribute{{Name: "erpbridge.stripped-characters"}}
	}
	o.Lines = []erpbridge.Line{{Title: o.Note}}
	switch p.broken {
	case "rounds IDs":
		id, _ := strconv.ParseFloat(o.ID, 64) // what is no number is 0
		o.ID = strconv.FormatFloat(id, 'f', 0, 64)
	case "trims texts":
		o.Note = strings.ReplaceAll(o.Note, "\n", "")
	case "forgets titles":
		o.Lines[0].Title = ""
	}
	return []erpbridge.Event{{Order: o}}, nil
}

// TestPupil passes, or fails in the process TestCorporaSee starts for that.
func TestPupil(t *testing.T) {
	broken := os.Getenv(breakage)
	published(t)
	shop := &pupil{broken: broken}
	t.Run("Hostile", func(t *testing.T) {
		storefronttest.Hostile(t, map[string]storefronttest.Reading{"99-ours": {Demanded: "ACCEPT", Reads: storefronttest.ID, Want: "9"}, "37-timestamp-leap": {Reason: "something follows"}},
			func(_ *testing.T, body []byte) ([]erpbridge.Event, error) {
				return shop.Normalize(erpbridge.Message{Body: body})
			})
	})
	t.Run("OrderFields", func(t *testing.T) {
		storefronttest.OrderFields(t, shop, func(_ *testing.T, quoted string) erpbridge.Message {
			return erpbridge.Message{Body: []byte(`{"note":` + quoted + `}`)}
		}, func(o *erpbridge.Order) []string { return []string{o.Lines[0].Title} })
	})
	t.Run("HMAC", func(t *testing.T) {
		storefronttest.HMAC(t, storefronttest.Signing{
			Open: func(list string) (erpbridge.Storefront, error) {
				s := &pupil{broken: broken}
				if err := json.Unmarshal([]byte(list), &s.secrets); err != nil {
					return nil, err
				}
				if slices.Contains(s.secrets, "") && broken != "starts without a secret" {
					return nil, errors.New("secrets[0]: is empty")
				}
				return s, nil
			},
			Deliver: func(v storefronttest.Vector) erpbridge.Message {
				return erpbridge.Message{Body: v.Body, Header: v.Header()}
			},
			Unsigned: func(t *testing.T, _ erpbridge.Storefront, m erpbridge.Message) {
				if m.Type != "orders/delete" || broken == "believes a topic" {
					t.Errorf("the topic is %q", m.Type)
				}
			},
		})
	})
}

// TestCorporaSee proves that the corpora's tests can fail: each breakage must turn one red.
func TestCorporaSee(t *testing.T) {
	for broken, red := range map[string]string{
		"takes all": "Hostile/31-empty", "refuses all": "Hostile/00-good", "refuses vaguely": "Hostile/37-timestamp-leap", "errs as if held": "Hostile/32-null",
		"rounds IDs": "Hostile/05-id-2pow53-plus1", "strips in silence": "OrderFields/bell", "trims texts": "OrderFields/quotes", "forgets titles": "OrderFields/quotes",
		"takes any signature": "HMAC/twice", "takes no signature": "HMAC/good", "takes two": "HMAC/twice", "takes another scheme": "HMAC/std-good",
		"errs in another kind": "HMAC/twice", "starts without a secret": "HMAC/none", "believes a topic": "HMAC/unsigned",
	} {
		t.Run(broken, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPupil$")
			cmd.Env = append(os.Environ(), breakage+"="+broken)
			out, err := cmd.CombinedOutput()
			if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || !strings.Contains(string(out), "FAIL: TestPupil/"+red) {
				t.Errorf("a storefront that %s passes %s (%v):\n%s", broken, red, err, out)
			}
		})
	}
}
