package fo

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/internal/testenv"
)

// packed is the package of some orders.
func packed(t testing.TB, e *ERP, orders ...*erpbridge.Order) []byte {
	t.Helper()
	var read []*order
	for _, o := range orders {
		r, err := e.read(document(t, e, o))
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, r)
	}
	raw, err := newPackage(e.conf.Project, e.conf.Headers, e.conf.Lines, read)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// unpacked returns the files of a package.
func unpacked(t testing.TB, raw []byte) map[string][]byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range archive.File {
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		if err := part.Close(); err != nil {
			t.Fatal(err)
		}
		files[f.Name] = content
	}
	return files
}

// narrowed reads a file in UTF-16LE with its byte order mark.
func narrowed(t testing.TB, raw []byte) *etree.Element {
	t.Helper()
	if !bytes.HasPrefix(raw, []byte{0xFF, 0xFE}) {
		t.Fatalf("no byte order mark: % x", raw[:min(len(raw), 8)])
	}
	var units []uint16
	for i := 2; i+1 < len(raw); i += 2 {
		units = append(units, binary.LittleEndian.Uint16(raw[i:]))
	}
	text := string(utf16.Decode(units))
	if strings.HasPrefix(text, "<?xml") {
		t.Error("an XML declaration, which would say another encoding")
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromString(text); err != nil {
		t.Fatal(err)
	}
	return doc.Root()
}

func TestPackage(t *testing.T) {
	e := open(t, "")
	raw := packed(t, e, placed(), awkward())
	if again := packed(t, open(t, ""), placed(), awkward()); !bytes.Equal(raw, again) {
		t.Error("the same orders give other bytes")
	}
	var names []string
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		names = append(names, f.Name)
		if f.Method != zip.Store || f.Flags&0x8 != 0 {
			t.Errorf("%s: method %d, flags %x", f.Name, f.Method, f.Flags)
		}
	}
	if diff := cmp.Diff([]string{"Manifest.xml", "PackageHeader.xml", "Sales order headers V2.xml", "Sales order lines V2.xml"}, names); diff != "" {
		t.Error(diff)
	}
	files := unpacked(t, raw)
	lines := etree.NewDocument()
	if err := lines.ReadFromBytes(files["Sales order lines V2.xml"]); err != nil {
		t.Fatal(err)
	}
	if n := len(lines.Root().SelectElements("SALESORDERLINEV2ENTITY")); n != 4+9+1 {
		t.Errorf("%d lines", n)
	}
}

// The bytes of a package as they have always been. Run with -update to set them anew.
func TestPackageGolden(t *testing.T) {
	raw := packed(t, open(t, ""), placed())
	erptest.Golden(t, *update, "placed.zip", raw)
	for name, content := range unpacked(t, raw) {
		if name == manifestFile {
			text, err := etree.NewDocumentWithRoot(narrowed(t, content)).WriteToBytes()
			if err != nil {
				t.Fatal(err)
			}
			erptest.Golden(t, *update, "placed.Manifest.xml", append(text, '\n'))
		}
	}
}

// Our manifest and header have the elements of a genuine package, in the same order,
// with the same types of values.
func TestConformancePackage(t *testing.T) {
	path := filepath.Join(testenv.Shared(t), "vendor-schemas", "dynamics-fo", "data-package", "usmf_asset-major-types-01.zip")
	genuine, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	theirs, ours := unpacked(t, genuine), unpacked(t, packed(t, open(t, ""), placed()))
	for _, name := range []string{manifestFile, headerFile} {
		a, b := map[string][]string{}, map[string][]string{}
		shape(narrowed(t, theirs[name]), "", a)
		shape(narrowed(t, ours[name]), "", b)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for name := range theirs {
		if strings.Contains(name, "/") {
			t.Errorf("%s is in a folder", name)
		}
	}
}

// shape notes of each element's path what its children and attributes are.
func shape(el *etree.Element, path string, into map[string][]string) {
	path += "/" + el.Tag
	var names []string
	for _, a := range el.Attr {
		names = append(names, "@"+a.FullKey()+"="+a.Value)
	}
	for _, c := range el.ChildElements() {
		names = append(names, c.NamespaceURI()+" "+c.Tag)
		shape(c, path, into)
	}
	if strings.HasSuffix(path, "List") || strings.HasSuffix(path, "/EntityMapList") { // however many
		if len(names) > 1 {
			names = names[:1]
		}
	}
	into[path] = names
}
