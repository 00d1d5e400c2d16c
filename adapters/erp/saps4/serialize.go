package saps4

import "github.com/beevik/etree"

// serialize writes an element as a document. Carriage returns are written as references:
// a reader would take them for line feeds otherwise.
func serialize(root *etree.Element) ([]byte, error) {
	doc := etree.NewDocument()
	doc.WriteSettings.CanonicalText = true
	doc.WriteSettings.CanonicalAttrVal = true
	doc.CreateProcInst("xml", `version="1.0" encoding="UTF-8"`)
	doc.SetRoot(root)
	return doc.WriteToBytes()
}
