package woocommerce

import (
	"regexp"
	"strings"
)

// WordPress stores the secret that somebody typed with its special characters as
// entities, and signs with what wp_specialchars_decode(secret, ENT_QUOTES) makes of that.
// It decodes five characters and no others, in one pass: "&amp;lt;" is "&lt;". Numeric
// entities may have leading zeros; of the hexadecimal ones it knows the quotes and "&".
var (
	padded  = regexp.MustCompile(`&#0*(39|34|60|62|38);|&#[xX]0*(27|22|26);`)
	special = strings.NewReplacer(
		"&#39;", "'", "&#x27;", "'",
		"&quot;", `"`, "&#34;", `"`, "&#x22;", `"`,
		"&lt;", "<", "&#60;", "<",
		"&gt;", ">", "&#62;", ">",
		"&amp;", "&", "&#38;", "&", "&#x26;", "&",
	)
)

// decodeSpecialChars returns what WordPress signs with for a stored secret.
func decodeSpecialChars(stored string) string {
	plain := padded.ReplaceAllStringFunc(stored, func(entity string) string {
		digits := strings.TrimSuffix(entity[2:], ";")
		if hex := strings.TrimLeft(digits, "xX"); hex != digits {
			return "&#x" + strings.TrimLeft(hex, "0") + ";"
		}
		return "&#" + strings.TrimLeft(digits, "0") + ";"
	})
	return special.Replace(plain)
}
