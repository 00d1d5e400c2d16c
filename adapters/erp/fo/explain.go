package fo

import (
	"regexp"
	"strings"
)

// An odataError is how F&O says that something went wrong. The words that help stand in
// the innermost of it.
type odataError struct {
	Error *struct {
		Code       string     `json:"code"`
		Message    string     `json:"message"`
		InnerError *innerFail `json:"innererror"`
	} `json:"error"`
	// The connector and custom services word it this way.
	Message          string     `json:"Message"`
	ExceptionMessage string     `json:"ExceptionMessage"`
	InnerException   *innerFail `json:"InnerException"`
}

type innerFail struct {
	Message           string     `json:"message"`
	Type              string     `json:"type"`
	InternalException *innerFail `json:"internalexception"`
	ExceptionMessage  string     `json:"ExceptionMessage"`
}

// explain returns the words of an error, or "" where there are none to be understood. A
// web page says nothing.
func explain(raw []byte) string {
	var fault odataError
	if err := decodeJSON(raw, &fault); err != nil {
		return ""
	}
	var words []string
	add := func(text string) {
		if text = strings.TrimSpace(text); text == "" || text == "An error has occurred." {
			return
		}
		for _, w := range words {
			if strings.Contains(w, text) {
				return
			}
		}
		words = append(words, text)
	}
	inner := fault.InnerException
	if fault.Error != nil {
		add(fault.Error.Message)
		add(fault.Error.Code)
		inner = fault.Error.InnerError
	}
	add(fault.Message)
	add(fault.ExceptionMessage)
	for range 4 {
		if inner == nil {
			break
		}
		add(inner.Message)
		add(inner.ExceptionMessage)
		inner = inner.InternalException
	}
	if len(words) == 0 && fault.Error != nil {
		return "An error has occurred."
	}
	return strings.Join(words, "; ")
}

// signature is what makes a URL of blob storage a password.
var signature = regexp.MustCompile(`(?i)([?&](?:sig|sv|se|st|sp|sr|skoid|sktid|skt|ske|sks|skv)=)[^&\s"'<]+`)

func withoutSignatures(text string) string { return signature.ReplaceAllString(text, "${1}***") }
