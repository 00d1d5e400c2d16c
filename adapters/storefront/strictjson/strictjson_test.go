package strictjson_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// body is a typical target: exact names, a scalar of each kind.
type body struct {
	ID    strictjson.Scalar                   `json:"id"`
	SKU   strictjson.Scalar                   `json:"sku"`
	Total strictjson.Scalar                   `json:"total_price"`
	Lines strictjson.List[line]               `json:"line_items"`
	Buyer strictjson.Object[map[string]any]   `json:"customer"`
	Notes strictjson.List[strictjson.Scalar]  `json:"notes"`
	Extra strictjson.Object[struct{ A bool }] `json:"extra"`
}

type line struct {
	Price strictjson.Scalar `json:"price"`
}

func TestUnmarshalRefuses(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	tests := map[string]struct {
		data    string
		reason  string
		pointer string
	}{
		"duplicate name":          {`{"id":1,"x":{"a":1,"a":2}}`, "duplicate object member name", "/x/a"},
		"duplicate by escape":     {`{"id":1,"\u0069d":2}`, `duplicate object member name`, "/id"},
		"invalid UTF-8":           {"{\"sku\":\"\xff\"}", "invalid UTF-8", "/sku"},
		"overlong UTF-8":          {"{\"sku\":\"\xc0\xaf\"}", "invalid UTF-8", "/sku"},
		"lone surrogate":          {`{"sku":"a\ud800"}`, "invalid surrogate pair", "/sku"},
		"surrogates reversed":     {`{"sku":"\udc00\ud800"}`, "invalid surrogate pair", "/sku"},
		"trailing garbage":        {`{"id":1} garbage`, "something follows", ""},
		"second document":         {`{"id":1}{"id":2}`, "something follows", ""},
		"byte order mark":         {"\ufeff{}", "invalid character", ""},
		"empty":                   {"", "the document is empty", ""},
		"blank":                   {" \n", "the document is empty", ""},
		"null":                    {" null\n", "the document is null", ""},
		"truncated":               {`{"id":1,"line_items":[{"pri`, "ends too early", "/line_items/0"},
		"depth 65":                {deep(65), "nested deeper than 64", strings.Repeat("/a", 64)},
		"depth 9999":              {strings.Repeat("[", 9999) + strings.Repeat("]", 9999), "nested deeper than 64", ""},
		"number of 65 characters": {`{"total_price":` + strings.Repeat("1", 65) + `}`, "a number of more than 64 characters", "/total_price"},
		"exponent":                {`{"total_price":1e33}`, "exponent beyond", "/total_price"},
		"exponent beyond int":     {`{"total_price":1e99999999999999999999}`, "exponent beyond", "/total_price"},
		"tiny":                    {`{"total_price":1e-400}`, "exponent beyond", "/total_price"},
		"limits in unknown names": {`{"x":{"y":[1e400]}}`, "exponent beyond", "/x/y/0"},
		"array for object":        {`[{"id":1}]`, "an array does not belong here", ""},
		"object for array":        {`{"line_items":{"a":1}}`, "an object stands where an array belongs", "/line_items"},
		"string for array":        {`{"line_items":"x"}`, "a string stands where an array belongs", "/line_items"},
		"array for customer":      {`{"customer":[1]}`, "an array stands where an object belongs", "/customer"},
		"number in a list":        {`{"line_items":[7]}`, "a number does not belong here", "/line_items/0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var b body
			err := strictjson.Unmarshal([]byte(tt.data), &b, strictjson.Default())
			var e *strictjson.Error
			if !errors.As(err, &e) {
				t.Fatalf("Unmarshal = %v, want an *Error", err)
			}
			if !strings.Contains(e.Reason, tt.reason) {
				t.Errorf("reason %q lacks %q", e.Reason, tt.reason)
			}
			if tt.pointer != "" && !strings.HasPrefix(e.Pointer, tt.pointer) {
				t.Errorf("pointer %q, want %q", e.Pointer, tt.pointer)
			}
			if len(e.Error()) > 1000 {
				t.Errorf("an error of %d bytes", len(e.Error()))
			}
		})
	}
}

func TestUnmarshalMatchesNamesExactly(t *testing.T) {
	var b body
	err := strictjson.Unmarshal([]byte(`{"id":1,"ID":2,"Id":3,"sku":"A","ſku":"EVIL","Total_Price":9,"__proto__":{"admin":true}}`), &b, strictjson.Default())
	if err != nil {
		t.Fatal(err)
	}
	if b.ID.Text() != "1" || b.SKU.Text() != "A" || b.Total.Given() {
		t.Errorf("a variant of a name was taken for the name: %+v", b)
	}
}

func TestGrammarAllowsDuplicates(t *testing.T) {
	data := []byte(`{"a":1,"a":2,"b":1e999999}`)
	if err := strictjson.Check(data, strictjson.Grammar()); err != nil {
		t.Errorf("the grammar allows it: %v", err)
	}
	var got map[string]strictjson.Scalar
	if err := strictjson.Unmarshal(data, &got, strictjson.Grammar()); err != nil || got["a"].Text() != "2" {
		t.Errorf("Unmarshal = %v, %v", got, err)
	}
}

func TestMembersAreCounted(t *testing.T) {
	limits := strictjson.Default()
	limits.Members = 3
	if err := strictjson.Check([]byte(`{"a":"x","b":[1,2,3,4,"y","z"],"c":"v"}`), limits); err != nil {
		t.Errorf("three members: %v", err)
	}
	err := strictjson.Check([]byte(`{"a":"x","b":{"c":1,"d":2}}`), limits)
	if err == nil || !strings.Contains(err.Error(), "more than 3 members") {
		t.Errorf("four members: %v", err)
	}
}

func TestElementsAreCounted(t *testing.T) {
	limits := strictjson.Default()
	limits.Elements = 4
	if err := strictjson.Check([]byte(`{"a":[1,{"x":1,"y":2}],"b":[[]],"c":{"d":1},"e":[]}`), limits); err != nil {
		t.Errorf("four elements: %v", err)
	}
	for _, data := range []string{`[1,2,3,4,5]`, `[{},{},{},{},{}]`, `[[[[[1]]]]]`, `{"a":[1,2],"b":{"c":[3,"4",null]}}`} {
		err := strictjson.Check([]byte(data), limits)
		if err == nil || !strings.Contains(err.Error(), "more than 4 elements") {
			t.Errorf("%s: %v", data, err)
		}
	}
}

func TestErrorsAreShort(t *testing.T) {
	long := strings.Repeat("ä", 100_000)
	err := strictjson.Check([]byte(`{"`+long+`":1,"`+long+`":2}`), strictjson.Default())
	if err == nil || len(err.Error()) > 1000 {
		t.Errorf("error has %d bytes", len(err.Error()))
	}
}

func TestListAndObject(t *testing.T) {
	tests := map[string]struct {
		data   string
		absent bool
		lines  int
		buyer  bool
	}{
		"missing":         {`{}`, true, 0, false},
		"null":            {`{"line_items":null,"customer":null}`, true, 0, false},
		"empty string":    {`{"line_items":"","customer":""}`, true, 0, false},
		"empty":           {`{"line_items":[],"customer":{}}`, false, 0, true},
		"the other empty": {`{"line_items":{ },"customer":[ ]}`, false, 0, false},
		"filled":          {`{"line_items":[{"price":1},null],"customer":{"a":1}}`, false, 2, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var b body
			if err := strictjson.Unmarshal([]byte(tt.data), &b, strictjson.Default()); err != nil {
				t.Fatal(err)
			}
			if (b.Lines == nil) != tt.absent || len(b.Lines) != tt.lines || (b.Buyer.V != nil) != tt.buyer {
				t.Errorf("got %+v", b)
			}
		})
	}
}

// TestConformanceJSONTestSuite holds the grammar against the suite of
// seriot.ch/parsing_json.php: every y_ accepted, every n_ refused.
func TestConformanceJSONTestSuite(t *testing.T) {
	seen := map[byte]int{}
	for _, file := range storefronttest.Files(t, storefronttest.Shared(t, "corpora", "json-jsontestsuite", "test_parsing"), "*.json") {
		name, data := file.Name, file.Body
		grammar := strictjson.Check(data, strictjson.Grammar())
		strict := strictjson.Check(data, strictjson.Default())
		seen[name[0]]++
		switch name[0] {
		case 'y':
			if grammar != nil {
				t.Errorf("%s: refused by the grammar: %v", name, grammar)
			}
			// What Default refuses of it must be one of the things it promises to refuse.
			if strict != nil && !strings.Contains(strict.Error(), "duplicate object member name") &&
				!strings.Contains(strict.Error(), "exponent beyond") && !strings.Contains(strict.Error(), "a number of more than") {
				t.Errorf("%s: refused by the limits: %v", name, strict)
			}
		case 'n':
			if grammar == nil || strict == nil {
				t.Errorf("%s: accepted (grammar: %v, limits: %v)", name, grammar, strict)
			}
		}
	}
	// The whole suite: a file that is not there is a verdict that was not given.
	if seen['y'] != 95 || seen['n'] != 188 {
		t.Errorf("judged %d of 95 y_ files and %d of 188 n_ files", seen['y'], seen['n'])
	}
}

// meant are the hostile bodies that are sound JSON within the limits: what is wrong
// with them is seen only by who knows what a member means.
var meant = map[string]bool{
	"11-huge-digits": true, "15-price-comma": true, "17-price-jpy": true,
	"36-timestamp-no-zone": true, "38-timestamp-far-future": true,
}

// TestConformanceHostileBodies gives every hostile webhook body the verdict its
// manifest demands, as far as it is one of syntax and size.
func TestConformanceHostileBodies(t *testing.T) {
	verdicts := map[bool]int{}
	for _, hostile := range storefronttest.HostileBodies(t) {
		var b body
		err := strictjson.Unmarshal(hostile.Body, &b, strictjson.Default())
		verdicts[err == nil]++
		// What may be refused may also be accepted here, and judged by its meaning.
		if mustRefuse := hostile.Demanded == "REJECT" && !meant[hostile.Name]; mustRefuse == (err == nil) {
			t.Errorf("%s: demanded %s (%s), got %v", hostile.Name, hostile.Demanded, hostile.Why, err)
		}
	}
	if verdicts[true] == 0 || verdicts[false] == 0 {
		t.Fatalf("%d accepted, %d refused", verdicts[true], verdicts[false])
	}
}

// TestConformanceTransform reads the suite's awkward values and wants each to
// survive digit by digit, or to be refused.
func TestConformanceTransform(t *testing.T) {
	for _, file := range storefronttest.Files(t, storefronttest.Shared(t, "corpora", "json-jsontestsuite", "test_transform"), "number_*.json") {
		var got []strictjson.Scalar
		if err := strictjson.Unmarshal(file.Body, &got, strictjson.Default()); err != nil {
			continue // refused is not corrupted
		}
		want := strings.Trim(strings.TrimSpace(string(file.Body)), "[]")
		if len(got) != 1 || !cmp.Equal(got[0].Text(), want) {
			t.Errorf("%s: %q became %v", file.Name, want, got)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, s := range []string{
		`{"id":1,"line_items":[{"price":"1.00"}]}`, `{"id":1,"\u0069d":2}`, `[[[[`, `{"total_price":1e400}`,
		"\ufeff{}", `{"sku":"\ud800"}`, `{} {}`, `null`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var b body
		err := strictjson.Unmarshal(data, &b, strictjson.Default())
		if err == nil && strictjson.Check(data, strictjson.Grammar()) != nil {
			t.Errorf("accepted with limits, refused without: %q", data)
		}
		if id, ok := b.ID.Integer(); err == nil && ok && strings.Trim(id, "0123456789") != "" {
			t.Errorf("%q is no whole number", id)
		}
	})
}
