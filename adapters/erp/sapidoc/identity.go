package sapidoc

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// An identity is what an IDoc is known by: to SAP, to its confirmations, to the journal
// of files. It is a pure function of what the IDoc stands for.
type identity struct {
	// docnum is 16 digits and never nought. A thousand million million of them: among a
	// million IDocs the odds that two share one are 1 to 20,000.
	docnum string
	// message is 32 hexadecimal digits, a UUID's worth.
	message string
}

// identify returns the identity of what has a name: a Document.Key, or for the IDoc that
// makes an order the name of the order.
func identify(name string) identity {
	sum := sha256.Sum256([]byte(name))
	const span = 10_000_000_000_000_000 - 1
	return identity{
		docnum:  fmt.Sprintf("%016d", binary.BigEndian.Uint64(sum[16:24])%span+1),
		message: strings.ToUpper(hex.EncodeToString(sum[:16])),
	}
}

// arckeyPrefix makes a message id of an ARCKEY (message EA728).
const arckeyPrefix = "urn:sap.com:msgid="

// arckey returns the identity as the control record carries it.
func (i identity) arckey() string { return arckeyPrefix + i.message }
