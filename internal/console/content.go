package console

import (
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"deductor/internal/printable"
)

// How much of some bytes a page shows: text is read, hex is looked at.
const (
	shownText = 16 << 10
	shownHex  = 2 << 10
)

// content is bytes from outside, as they can be shown.
type content struct {
	None bool // there are none, as against an empty value
	Size int64
	// Text is what they say, if that can be shown; Hex a dump.
	Text, Hex string
	IsText    bool
	// CutText and CutHex tell that only the beginning is shown.
	CutText, CutHex bool
}

func contentOf(data []byte) content {
	c := content{None: data == nil, Size: int64(len(data)), IsText: utf8.Valid(data)}
	if c.IsText {
		text := data
		if c.CutText = len(text) > shownText; c.CutText {
			text = text[:shownText]
			for !utf8.Valid(text) {
				text = text[:len(text)-1]
			}
		}
		c.Text = string(printable.Lines(text))
	}
	head := data
	if c.CutHex = len(head) > shownHex; c.CutHex {
		head = head[:shownHex]
	}
	c.Hex = strings.TrimSuffix(hex.Dump(head), "\n")
	return c
}

// difference is a field of a conflict that differs.
type difference struct{ Field, Stored, Received string }

func differencesOf(stored json.RawMessage) []difference {
	var fields map[string]struct{ Stored, Received string }
	if json.Unmarshal(stored, &fields) != nil {
		return nil // another reason than a conflict
	}
	var all []difference
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		all = append(all, difference{field, fields[field].Stored, fields[field].Received})
	}
	return all
}
