package salesdoc

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
)

// Positions number a document's items, for ERPs that find an item of an order again by the
// number it came with: SAP counts its own (VBAP-POSNR) and keeps these beside them
// (VBAP-POSEX).
//
// A number is a function of what the item is, never of where it stands or of what stands
// beside it: lines are added and taken off, some storefronts drop those that are gone, and
// each state of an order is numbered without a word about the one before.
//
//	100000 + the line's id       goods, gift cards, tips
//	500000 + the line's id       what is taken off that line, where that is an item
//	900000 + kind, code, which   shipping, charges, discounts, tax and the like: the first
//	                             with that material, the second ...
//
// The ids of an order's lines are numbers given out together, which differ by less than
// lines or by multiples of one step: to a prime as divisor they are all different. Where
// two items come to one number all the same, among ids that are no numbers or after a line
// was added (of ten lines and one more, 1 in 40,000), the later one moves on to a number
// that is free.
type Positions struct {
	taken map[int]bool
	count map[string]int // of what has no line, by kind and code
	// Shared is the first number that two items came to; nought where there is none. Of such
	// a document nobody can be sure that the next state numbers it alike.
	Shared int
}

// The ranges of numbers, and the primes that what is numbered in them is divided by.
const (
	lineNumbers, lines         = 100_000, 399_989
	lineDiscountNumbers        = 500_000
	otherNumbers, others       = 900_000, 99_991
	firstNumber, numbersBeyond = 100_000, 1_000_000
)

// NewPositions returns the numbers of one document, none of which is given out.
func NewPositions() *Positions {
	return &Positions{taken: map[int]bool{}, count: map[string]int{}}
}

// Of returns the number of the next item, which has six digits.
func (p *Positions) Of(it Item) int {
	n := p.home(it)
	for p.taken[n] {
		if p.Shared == 0 {
			p.Shared = n
		}
		if n++; n == numbersBeyond {
			n = firstNumber
		}
	}
	p.taken[n] = true
	return n
}

// home returns the number that an item has unless another has it.
func (p *Positions) home(it Item) int {
	switch {
	case it.LineID == "":
		name := string(it.Kind) + "\n" + it.Code
		p.count[name]++
		return otherNumbers + int(digest(name+"\n"+strconv.Itoa(p.count[name]))%others)
	case it.Kind == DiscountItem:
		return lineDiscountNumbers + remainder(it.LineID)
	}
	return lineNumbers + remainder(it.LineID)
}

// remainder brings a line's id into the range of lines.
func remainder(id string) int {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		n = digest(id)
	}
	return int(n % lines)
}

func digest(s string) uint64 {
	sum := sha256.Sum256([]byte(s))
	return binary.BigEndian.Uint64(sum[:8])
}
