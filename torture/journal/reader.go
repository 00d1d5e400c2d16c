package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// An Eye sees the lines of a journal. A nil function does not look at its kind,
// which then costs next to nothing.
type Eye struct {
	Sent     func(Sent) error
	Answered func(Answered) error
}

// Read shows a journal line by line, in the order it was written. A torn last line
// is dropped.
func Read(r io.Reader, see Eye) error {
	in := bufio.NewReaderSize(r, 1<<20)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = see.line(line)
		}
		if err != nil {
			return fmt.Errorf("line %d of the sender's journal: %w", n, err)
		}
	}
}

func (see Eye) line(line []byte) error {
	switch what := kindOf(line); what {
	case Send:
		if see.Sent == nil {
			return nil
		}
		var s Sent
		if err := json.Unmarshal(line, &s); err != nil {
			return err
		}
		return see.Sent(s)
	case Answer:
		if see.Answered == nil {
			return nil
		}
		var a Answered
		if err := json.Unmarshal(line, &a); err != nil {
			return err
		}
		return see.Answered(a)
	default:
		return fmt.Errorf("%q is no kind of line", what)
	}
}

// kindOf returns what a line is. Ours say so first; one that was written by other
// means is parsed for it.
func kindOf(line []byte) string {
	for _, what := range []string{Send, Answer} {
		if bytes.HasPrefix(line, []byte(`{"what":"`+what+`"`)) {
			return what
		}
	}
	var head struct {
		What string `json:"what"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return ""
	}
	return head.What
}
