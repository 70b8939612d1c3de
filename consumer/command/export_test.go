package command

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// IsPlain reports whether a value is read without the JSON decoder.
func IsPlain(value []byte) bool {
	var raw [fieldCount]jsontext.Value
	return splitPlain(value, &raw)
}

// PlainReading says where the reading without the JSON decoder differs from that with it; it is empty if the
// two agree, or there is but one.
func PlainReading(value []byte) string {
	var plain, raw [fieldCount]jsontext.Value
	if !splitPlain(value, &plain) {
		return ""
	}
	var d Decoder
	if rejection := d.split(value, &raw); rejection != nil {
		return "it is rejected otherwise: " + rejection.Error()
	}
	for f := range raw {
		if (raw[f] == nil) != (plain[f] == nil) || !bytes.Equal(raw[f], plain[f]) {
			return field(f).String() + " is " + quote(plain[f]) + ", and otherwise " + quote(raw[f])
		}
	}
	return ""
}

// Held is how many bytes the decoder has for names.
func (d *Decoder) Held() int { return d.block.Cap() }
