package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"deductor/consumer/settle"
)

func writeContent(w io.Writer, letter *settle.DeadLetterContent) error {
	lines := [][2]string{
		{"id", strconv.FormatInt(letter.ID, 10)},
		{"record", originText(&letter.Origin)},
		{"reason", letter.Reason},
		{"detail", printable(letter.Detail)},
		{"order", printable(letter.OrderID)},
		{"account", printable(letter.Account)},
		{"state", string(letter.State)},
		{"created at", timeText(&letter.CreatedAt)},
		{"resolved at", timeText(letter.ResolvedAt)},
		{"record timestamp", timeText(recordTime(letter.Timestamp))},
	}
	if letter.Difference != nil {
		lines = append(lines, [2]string{"difference", printable(string(letter.Difference))})
	}
	if err := details(w, lines); err != nil {
		return err
	}
	writeRecord(w, letter)
	return nil
}

// writeRecord writes what was in the record: key, headers and value.
func writeRecord(w io.Writer, letter *settle.DeadLetterContent) {
	writeBytes(w, "key", letter.Key)
	for _, header := range letter.Headers {
		writeBytes(w, "header "+printable(header.Key), header.Value)
	}
	writeBytes(w, "value", letter.Value)
}

// writeActions tells what was done to a dead letter, when anything was.
func writeActions(w io.Writer, actions []settle.LetterAction) error {
	if len(actions) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nactions:")
	rows := make([][]string, len(actions))
	for i := range actions {
		a := &actions[i]
		rows[i] = []string{timeText(&a.CreatedAt), a.Action, string(a.Outcome), printable(a.Actor), printable(a.Reason),
			printable(a.Detail)}
	}
	return table(w, []string{"WHEN", "ACTION", "OUTCOME", "WHO", "WHY", "DETAIL"}, rows)
}

// maxShown bounds what is shown of a key, a value or a header, in bytes.
const maxShown = 4096

// writeBytes writes text as it is when it can be printed, and in hexadecimal
// when it is none.
func writeBytes(w io.Writer, name string, content []byte) {
	if content == nil {
		fmt.Fprintf(w, "\n%s: none\n", name)
		return
	}
	fmt.Fprintf(w, "\n%s (%d bytes):\n", name, len(content))
	shown := content[:min(len(content), maxShown)]
	if utf8.Valid(content) {
		fmt.Fprintln(w, printable(strings.ToValidUTF8(string(shown), "")))
	} else {
		fmt.Fprint(w, hex.Dump(shown))
	}
	if rest := len(content) - len(shown); rest > 0 {
		fmt.Fprintf(w, "… and %d bytes more: -o json has them all\n", rest)
	}
}
