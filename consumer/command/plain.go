package command

import "github.com/go-json-experiment/json/jsontext"

// splitPlain is split for the message that nearly all are: one object of known names, each once, whose values
// are of the type that the field has: strings of printable ASCII without escapes, or positive integers. It is
// false for anything else, be that right or wrong, and split says which: it finds again what splitPlain had
// found by then. So a message is read in the same way by either.
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
		default:
			ok = false
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

// plainString returns where a string of printable ASCII without escapes ends.
func plainString(value []byte, at int) (end int, ok bool) {
	if at == len(value) || value[at] != '"' {
		return at, false
	}
	at++
	for at < len(value) && isPlain[value[at]] {
		at++
	}
	if at == len(value) || value[at] != '"' {
		return at, false
	}
	return at + 1, true
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
