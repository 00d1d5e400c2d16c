package broker

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func frameOf(kind byte, payload string) string {
	b := []byte{kind, 0, 1}
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))
	return string(b) + payload + "\xce"
}

// properties is the payload of a header frame with a content type, headers and what
// follows them.
func properties(headers string) string {
	return "\x00\x3c\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x05" + "\xa0\x80" + "\x03a/b" + long(headers) + "\x02id"
}

func long(s string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(s)))) + s
}

func entry(name, field string) string { return string([]byte{byte(len(name))}) + name + field }

// full is an entry of that many bytes.
func full(size int) string {
	return entry("a", "S"+long(strings.Repeat("x", size-len(entry("a", "S"+long(""))))))
}

// tables is a value of that many tables, one in the other.
func tables(n int) string {
	field := "V"
	for range n {
		field = "F" + long(entry("in", field))
	}
	return field
}

type fixed struct {
	net.Conn
	io.Reader
}

func (f fixed) Read(p []byte) (int, error) { return f.Reader.Read(p) }

func TestLegible(t *testing.T) {
	store := entry("store", "S"+long("shop-eu"))
	death := entry("x-death", "A"+long("F"+long(entry("count", "l\x00\x00\x00\x00\x00\x00\x00\x01")+entry("routing-keys", "A"+long("S"+long("k"))))))
	all := entry("t", "t\x01") + entry("b", "b\x01") + entry("B", "B\x01") + entry("s", "s\x00\x01") + entry("u", "u\x00\x01") +
		entry("I", "I\x00\x00\x00\x01") + entry("i", "i\x00\x00\x00\x01") + entry("l", "l\x00\x00\x00\x00\x00\x00\x00\x01") +
		entry("f", "f\x00\x00\x00\x00") + entry("d", "d\x00\x00\x00\x00\x00\x00\x00\x00") + entry("D", "D\x02\x00\x00\x00\x01") +
		entry("T", "T\x00\x00\x00\x00\x00\x00\x00\x01") + entry("x", "x"+long("\x00\x01")) + entry("V", "V") + entry("", "V")
	for _, tt := range []struct{ name, headers, want string }{
		{"all types", all + store + death, all + store + death},
		{"none", "", ""},
		{"deep enough", entry("a", tables(headersDeep)), entry("a", tables(headersDeep))},
		{"too deep", store + entry("a", tables(headersDeep+1)) + death, store + death},
		{"a list too deep", store + entry("a", "A"+long(tables(headersDeep))) + death, store + death},
		{"a long list", entry("a", "A"+long(strings.Repeat("V", headersLong+1))) + store, store},
		{"a list that is long enough", entry("a", "A"+long(strings.Repeat("V", headersLong))), entry("a", "A"+long(strings.Repeat("V", headersLong)))},
		{"a long table", death + strings.Repeat(entry("a", "V"), headersLong) + store, death + strings.Repeat(entry("a", "V"), headersLong-1) + store},
		{"as large as it may be", full(headersBytes-len(store)) + store, full(headersBytes-len(store)) + store},
		{"a large table", entry("a", "S"+long("b")) + full(headersBytes-len(store)) + store + death, store + death},
		{"a large one that is ours", entry("x-death", "S"+long(strings.Repeat("x", headersBytes))) + store, store},
		{"types of the specification alone", entry("L", "L\x00\x00\x00\x00\x00\x00\x00\x01") + entry("U", "U\x00\x01") + store, store},
		{"an unknown type", store + entry("a", "?") + death, store},
		{"an unknown type in a list", entry("a", "A"+long("?")) + store, store},
		{"a value that is cut off", store + entry("a", "S\x00\x00\x00\x09x"), store},
		{"a list with less in it than it says", entry("a", "A"+long("S\x00\x00\x00\x09x")) + store, store},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before, after := frameOf(1, "method"), frameOf(3, "body\xce\x02")
			in := before + frameOf(2, properties(tt.headers)) + after + frameOf(2, "short") + before
			want := before + frameOf(2, properties(tt.want)) + after + frameOf(2, "short") + before
			for _, r := range []io.Reader{strings.NewReader(in), iotest.OneByteReader(strings.NewReader(in))} {
				got, err := io.ReadAll(newLegible(fixed{Reader: r}))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, string(got)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			}
		})
	}
}

// Whatever comes that is no header frame of ours comes out as it is, to its last byte.
func TestLegiblePassesWhatItDoesNotKnow(t *testing.T) {
	whole := frameOf(2, properties(entry("store", "S"+long("shop-eu"))))
	for name, in := range map[string]string{
		"another protocol":       "AMQP\x00\x00\x09\x01",
		"nothing":                "",
		"a few bytes":            "\x02\x00",
		"a frame that is cut":    whole[:20],
		"an impossible size":     "\x02\x00\x01\xff\xff\xff\xffabc",
		"flags without a table":  frameOf(2, properties("")[:14]),
		"a table that is cut":    frameOf(2, properties("")[:16]+"\x00\x00\x00\x63"),
		"a long text before it":  frameOf(2, properties("")[:14]+"\xff"),
		"a large body, and more": frameOf(3, strings.Repeat("x", 100_000)) + whole,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := io.ReadAll(newLegible(fixed{Reader: strings.NewReader(in)}))
			if err != nil || string(got) != in {
				t.Errorf("%d bytes of %d, %v", len(got), len(in), err)
			}
		})
	}
	failing := newLegible(fixed{Reader: io.MultiReader(strings.NewReader(whole[:20]), iotest.ErrReader(io.ErrClosedPipe))})
	if got, err := io.ReadAll(failing); string(got) != whole[:20] || err == nil {
		t.Errorf("%q, %v", got, err)
	}
}

func FuzzLegible(f *testing.F) {
	f.Add([]byte(frameOf(2, properties(entry("a", tables(20))))))
	f.Add([]byte(frameOf(2, properties(entry("store", "S"+long("shop-eu"))))))
	f.Fuzz(func(t *testing.T, in []byte) {
		once, err := io.ReadAll(newLegible(fixed{Reader: bytes.NewReader(in)}))
		if err != nil || len(once) > len(in) {
			t.Fatalf("%d bytes of %d, %v", len(once), len(in), err)
		}
		twice, err := io.ReadAll(newLegible(fixed{Reader: bytes.NewReader(once)}))
		if err != nil || !slices.Equal(once, twice) {
			t.Fatalf("what was looked through is not the same when it is looked through again, %v", err)
		}
	})
}
