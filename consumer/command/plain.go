package command

import (
	"bytes"
	"encoding/binary"

	"github.com/go-json-experiment/json/jsontext"
)

// splitPlain is split for the message that nearly all are: one object of known names, each once, whose values
// are of the type that the field has: strings of printable ASCII without escapes, positive integers, and, for
// metadata, an object with a few such strings. It is false for anything else, be that right or wrong, and split
// says which: it finds again what splitPlain had found by then. So a message is read in the same way by either.
func splitPlain(value []byte, raw *[fieldCount]jsontext.Value) bool {
	at, ok := plainByte(value, 0, '{')
	for ok {
		start := plainSpace(value, at)
		if at, ok = plainString(value, start); !ok {
			return false
		}
		f, known := fieldNamed(value[start+1 : at-1])
		if !known || raw[f] != nil {
			return false
		}
		if at, ok = plainByte(value, at, ':'); !ok {
			return false
		}
		start = plainSpace(value, at)
		switch fieldKinds[f] {
		case jsontext.KindString:
			at, ok = plainString(value, start)
		case jsontext.KindNumber:
			at, ok = plainInteger(value, start)
		case jsontext.KindBeginObject:
			at, ok = plainStrings(value, start)
		}
		if !ok {
			return false
		}
		raw[f] = value[start:at]
		if at, ok = plainByte(value, at, ','); !ok {
			at, ok = plainByte(value, at, '}')
			return ok && plainSpace(value, at) == len(value)
		}
	}
	return false
}

// plainByte finds a byte behind white space, and returns where it ends.
func plainByte(value []byte, at int, want byte) (end int, ok bool) {
	at = plainSpace(value, at)
	if at == len(value) || value[at] != want {
		return at, false
	}
	return at + 1, true
}

// plainSpace returns where white space ends (RFC 8259, section 2).
func plainSpace(value []byte, at int) int {
	for at < len(value) && (value[at] == ' ' || value[at] == '\n' || value[at] == '\r' || value[at] == '\t') {
		at++
	}
	return at
}

// isPlain tells which bytes stand for themselves in a string, and are printable ASCII.
var isPlain = func() (plain [256]bool) {
	for c := ' '; c <= '~'; c++ {
		plain[c] = c != '"' && c != '\\'
	}
	return plain
}()

// arePlain is isPlain for eight bytes at once. A byte's high bit is set, in one of the terms, if the byte is 127 or
// more, below a space, a quotation mark or a backslash. A carry from one byte to the next comes only from one that
// is found anyway.
func arePlain(eight uint64) bool {
	const each, high = 0x0101010101010101, 0x8080808080808080
	quote, backslash := eight^each*'"', eight^each*'\\'
	found := (eight + each) | (eight - each*' ') | (quote-each)&^quote | (backslash-each)&^backslash
	return found&high == 0
}

// plainString returns where a string of printable ASCII without escapes ends.
func plainString(value []byte, at int) (end int, ok bool) {
	if at == len(value) || value[at] != '"' {
		return at, false
	}
	at++
	for len(value)-at >= 8 && arePlain(binary.LittleEndian.Uint64(value[at:])) {
		at += 8
	}
	for at < len(value) && isPlain[value[at]] {
		at++
	}
	if at == len(value) || value[at] != '"' {
		return at, false
	}
	return at + 1, true
}

// fewStrings is how many names an object may have to be plain: they are compared with each other.
const fewStrings = 8

// plainStrings returns where an object ends that has a few names, each once, with plain strings for values.
func plainStrings(value []byte, at int) (end int, ok bool) {
	if at, ok = plainByte(value, at, '{'); !ok {
		return at, false
	}
	if end, ok = plainByte(value, at, '}'); ok {
		return end, true
	}
	var names [fewStrings][]byte
	for n := range names {
		start := plainSpace(value, at)
		if at, ok = plainString(value, start); !ok {
			return at, false
		}
		names[n] = value[start:at]
		for _, other := range names[:n] {
			if bytes.Equal(other, names[n]) {
				return at, false
			}
		}
		if at, ok = plainByte(value, at, ':'); !ok {
			return at, false
		}
		if at, ok = plainString(value, plainSpace(value, at)); !ok {
			return at, false
		}
		if end, ok = plainByte(value, at, ','); !ok {
			return plainByte(value, at, '}')
		}
		at = end
	}
	return at, false
}

// plainInteger returns where a number without sign, point, exponent and leading zero ends. What follows it
// is for the caller to look at.
func plainInteger(value []byte, at int) (end int, ok bool) {
	if at == len(value) || value[at] < '1' || value[at] > '9' {
		return at, false
	}
	for at < len(value) && value[at] >= '0' && value[at] <= '9' {
		at++
	}
	return at, true
}
