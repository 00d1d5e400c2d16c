package dmf

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/beevik/etree"
)

const (
	namespace = "http://schemas.microsoft.com/dynamics/2015/01/DataManagement"
	instance  = "http://www.w3.org/2001/XMLSchema-instance"
	mostFiles = 50
	mostBytes = 64 << 20
)

// A parcel is a package that was read.
type parcel struct {
	project  string
	entities []*entityData
}

// An entityData is an entity of a manifest, with the records of its file.
type entityData struct {
	name        string
	level       string
	failLevel   bool
	mapped      map[string]bool
	element     string
	records     []map[string]string
	generatedBy map[string]bool
}

// entityElements are the entities there are, by their public names.
var entityElements = map[string]string{
	"Sales order headers V2": "SALESORDERHEADERV2ENTITY",
	"Sales order lines V2":   "SALESORDERLINEV2ENTITY",
}

// read takes a package apart, or says why it is none.
func read(raw []byte) (*parcel, error) {
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, fmt.Errorf("the package is not a zip file: %w", err)
	}
	if len(archive.File) > mostFiles {
		return nil, fmt.Errorf("the package has %d files", len(archive.File))
	}
	files := map[string][]byte{}
	for _, f := range archive.File {
		if strings.ContainsAny(f.Name, `/\`) {
			return nil, fmt.Errorf("%s is not at the root of the package", f.Name)
		}
		if _, twice := files[f.Name]; twice {
			return nil, fmt.Errorf("%s is in the package twice", f.Name)
		}
		part, err := f.Open()
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(io.LimitReader(part, mostBytes+1))
		if cerr := part.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		files[f.Name] = content
	}
	if err := readHeader(files["PackageHeader.xml"]); err != nil {
		return nil, fmt.Errorf("PackageHeader.xml: %w", err)
	}
	p, err := readManifest(files["Manifest.xml"], files)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// narrow reads a file in UTF-16LE with a byte order mark.
func narrow(raw []byte) (*etree.Element, error) {
	if len(raw) == 0 {
		return nil, errors.New("is missing")
	}
	if len(raw)%2 != 0 || !bytes.HasPrefix(raw, []byte{0xFF, 0xFE}) {
		return nil, errors.New("is not UTF-16LE with a byte order mark")
	}
	units := make([]uint16, 0, len(raw)/2)
	for i := 2; i < len(raw); i += 2 {
		units = append(units, binary.LittleEndian.Uint16(raw[i:]))
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromString(string(utf16.Decode(units))); err != nil {
		return nil, err
	}
	for _, token := range doc.Child {
		if _, ok := token.(*etree.ProcInst); ok {
			return nil, errors.New("has an XML declaration, which says another encoding than its own")
		}
	}
	if doc.Root() == nil {
		return nil, errors.New("is empty")
	}
	return doc.Root(), nil
}

// children checks the names of an element's children, all of them and in their order.
func children(el *etree.Element, want ...string) error {
	var got []string
	for _, c := range el.ChildElements() {
		if c.NamespaceURI() != namespace {
			return fmt.Errorf("%s is in the namespace %q", c.Tag, c.NamespaceURI())
		}
		got = append(got, c.Tag)
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("%s holds %v, and not %v", el.Tag, got, want)
	}
	return nil
}

func readHeader(raw []byte) error {
	root, err := narrow(raw)
	if err != nil {
		return err
	}
	if root.Tag != "DataManagementPackageHeader" || root.NamespaceURI() != namespace {
		return fmt.Errorf("is a %s", root.Tag)
	}
	if err := children(root, "Description", "ManifestType", "PackageType", "PackageVersion"); err != nil {
		return err
	}
	if root.SelectElement("PackageType").Text() != "DefinitionGroup" || root.SelectElement("PackageVersion").Text() != "1" {
		return errors.New("is of a type or version that is not known")
	}
	return nil
}

func readManifest(raw []byte, files map[string][]byte) (*parcel, error) {
	root, err := narrow(raw)
	if err != nil {
		return nil, fmt.Errorf("the manifest: %w", err)
	}
	if root.Tag != "DataManagementPackageManifest" || root.NamespaceURI() != namespace {
		return nil, fmt.Errorf("the manifest is a %s", root.Tag)
	}
	if err := children(root, "DefinitionGroupName", "Description", "PackageEntityList"); err != nil {
		return nil, fmt.Errorf("the manifest: %w", err)
	}
	p := &parcel{project: root.SelectElement("DefinitionGroupName").Text()}
	for _, data := range root.SelectElement("PackageEntityList").ChildElements() {
		e, err := readEntity(data, files)
		if err != nil {
			return nil, fmt.Errorf("the manifest: %w", err)
		}
		p.entities = append(p.entities, e)
	}
	if len(p.entities) == 0 {
		return nil, errors.New("the manifest names no entity")
	}
	return p, nil
}

func readEntity(data *etree.Element, files map[string][]byte) (*entityData, error) {
	if err := children(data, "EntityMapList", "EntityName", "EntityTransformList", "ExcelSheetName", "ExecutionUnit",
		"FailExecutionUnitOnError", "FailLevelOnError", "InputFilePath", "LevelInExecutionUnit", "RunBusinessLogic",
		"RunBusinessValidation", "SampleFilePath", "SequenceInLevel", "SourceFormat", "ValidationStatus"); err != nil {
		return nil, err
	}
	value := func(name string) string { return data.SelectElement(name).Text() }
	e := &entityData{
		name: value("EntityName"), level: value("LevelInExecutionUnit"), failLevel: value("FailLevelOnError") == "true",
		mapped: map[string]bool{}, generatedBy: map[string]bool{},
	}
	if e.element = entityElements[e.name]; e.element == "" {
		return nil, fmt.Errorf("there is no entity %q", e.name)
	}
	if value("SourceFormat") != "XML-Element" {
		return nil, fmt.Errorf("%s: the format %q cannot be read", e.name, value("SourceFormat"))
	}
	for _, m := range data.SelectElement("EntityMapList").ChildElements() {
		if err := children(m, "ArrayIndex", "EntityField", "EntityFieldConversionList", "IsAutoDefault", "IsAutoGenerated",
			"IsDefaultValueEqualNull", "UseTextQualifier", "XMLField"); err != nil {
			return nil, err
		}
		if m.SelectElement("EntityFieldConversionList").SelectAttrValue("i:nil", "") != "true" || m.SelectElement("EntityFieldConversionList").SelectAttr("i:nil").NamespaceURI() != instance {
			return nil, fmt.Errorf("%s: EntityFieldConversionList is not nil", e.name)
		}
		field := m.SelectElement("EntityField").Text()
		if _, ok := fields[e.element][field]; !ok {
			return nil, fmt.Errorf("%s has no field %q", e.name, field)
		}
		e.mapped[m.SelectElement("XMLField").Text()] = true
		if m.SelectElement("IsAutoGenerated").Text() == "true" {
			e.generatedBy[field] = true
		}
	}
	file, ok := files[value("InputFilePath")]
	if !ok {
		return nil, fmt.Errorf("%s: there is no file %q", e.name, value("InputFilePath"))
	}
	if err := e.load(file); err != nil {
		return nil, fmt.Errorf("%s: %w", value("InputFilePath"), err)
	}
	return e, nil
}

// load reads the records of an entity's file.
func (e *entityData) load(raw []byte) error {
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(raw); err != nil {
		return err
	}
	if doc.Root() == nil || doc.Root().FullTag() != "Document" {
		return errors.New("its root is no Document")
	}
	for _, el := range doc.Root().ChildElements() {
		if el.FullTag() != e.element {
			return fmt.Errorf("it has a %s", el.FullTag())
		}
		record := map[string]string{}
		for _, f := range el.ChildElements() {
			if _, twice := record[f.Tag]; twice {
				return fmt.Errorf("%s stands twice in a record", f.Tag)
			}
			if !e.mapped[f.Tag] {
				return fmt.Errorf("%s is not mapped", f.Tag)
			}
			if len(f.ChildElements()) > 0 || len(f.Attr) > 0 {
				return fmt.Errorf("%s holds more than a text", f.Tag)
			}
			record[f.Tag] = f.Text()
		}
		e.records = append(e.records, record)
	}
	return nil
}
