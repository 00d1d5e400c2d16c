package recorder

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"unicode/utf16"
)

// An object is a JSON object whose members come in any order.
type object []member

type member struct {
	name  string
	value any
}

func (o object) set(name string, value any) {
	for i := range o {
		if o[i].name == name {
			o[i].value = value
		}
	}
}

// A literal is a number as it is to be written.
type literal string

// money is an amount, which shops write as a string and partners as a number.
type money string

// quantity is a whole number, which some write with a point.
type quantity int

// A speller writes JSON as no encoder would: blanks at random, members in any
// order, characters escaped that need not be, numbers with zeros at their end. What
// it says does not depend on its seed, only how.
type speller struct {
	r   *rand.Rand
	out []byte
}

func newSpeller(seed uint64) *speller {
	s := &speller{r: rand.New(rand.NewPCG(seed, 7)), out: make([]byte, 0, 6<<10)} // #nosec G404 -- to be repeated, not to be secret
	// Whatever the dice say, no encoder begins like this.
	s.out = append(s.out, " \r\n"...)
	return s
}

func (s *speller) bytes() []byte { return append(s.out, '\n') }

func (s *speller) value(v any) {
	switch v := v.(type) {
	case object:
		s.object(v)
	case []any:
		s.list(len(v), '[', ']', func(i int) { s.value(v[i]) })
	case string:
		s.text(v)
	case literal:
		s.out = append(s.out, v...)
	case money:
		if s.r.IntN(4) == 0 {
			s.out = append(s.out, v...)
		} else {
			s.text(string(v))
		}
	case quantity:
		s.out = strconv.AppendInt(s.out, int64(v), 10)
		if s.r.IntN(8) == 0 {
			s.out = append(s.out, ".00"...)
		}
	case bool:
		s.out = strconv.AppendBool(s.out, v)
	default:
		s.out = append(s.out, "null"...)
	}
}

func (s *speller) object(o object) {
	order := s.r.Perm(len(o))
	s.list(len(o), '{', '}', func(i int) {
		m := o[order[i]]
		s.text(m.name)
		s.blank()
		s.out = append(s.out, ':')
		s.blank()
		s.value(m.value)
	})
}

func (s *speller) list(n int, open, end byte, each func(int)) {
	s.out = append(s.out, open)
	for i := range n {
		if i > 0 {
			s.out = append(s.out, ',')
		}
		s.blank()
		each(i)
		s.blank()
	}
	s.out = append(s.out, end)
}

func (s *speller) blank() {
	if s.r.IntN(4) == 0 {
		s.out = append(s.out, []string{" ", "  ", "\n", "\t", "\r\n "}[s.r.IntN(5)]...)
	}
}

// text writes a string, in which any character may be an escape.
func (s *speller) text(text string) {
	s.out = append(s.out, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			s.out = append(s.out, '\\', byte(c))
		case c == '/' && s.r.IntN(2) == 0:
			s.out = append(s.out, '\\', '/')
		case c < ' ' || s.r.IntN(25) == 0:
			s.escape(c)
		default:
			s.out = append(s.out, string(c)...)
		}
	}
	s.out = append(s.out, '"')
}

func (s *speller) escape(c rune) {
	form := [2]string{`\u%04x`, `\u%04X`}[s.r.IntN(2)]
	if high, low := utf16.EncodeRune(c); high != '\uFFFD' {
		s.out = fmt.Appendf(s.out, form+form, high, low)
		return
	}
	s.out = fmt.Appendf(s.out, form, c)
}
