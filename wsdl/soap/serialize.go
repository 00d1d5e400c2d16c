package soap

import "github.com/beevik/etree"

// Serialize writes an element as a document of its own, for a request or to be kept. What
// a reader would normalize away is written as a reference: carriage returns, and the
// blanks in attributes that are no spaces.
func Serialize(root *etree.Element) ([]byte, error) {
	doc := etree.NewDocument()
	doc.WriteSettings.CanonicalText = true
	doc.WriteSettings.CanonicalAttrVal = true
	doc.CreateProcInst("xml", `version="1.0" encoding="UTF-8"`)
	doc.SetRoot(root)
	return doc.WriteToBytes()
}
