package main

import (
	"encoding/json"
	"time"
	"unicode/utf8"

	"deductor/consumer/settle"
	printing "deductor/internal/printable"
)

// contentView is a dead letter as users see it, with its record.
type contentView struct {
	deadLetterView
	ResolvedAt *time.Time `json:"resolved_at"`
	recordView
}

// recordView is what was in the record of a dead letter.
type recordView struct {
	// Difference is null unless the dead letter is a conflict.
	Difference json.RawMessage `json:"difference"`
	// RecordTimestamp is null when it is in no year from 1 to 9999, and
	// RecordTimestampMs the same in milliseconds since 1970.
	RecordTimestamp   *time.Time   `json:"record_timestamp"`
	RecordTimestampMs int64        `json:"record_timestamp_ms"`
	Key               *jsonText    `json:"key"`
	KeyBase64         []byte       `json:"key_base64"`
	Value             *jsonText    `json:"value"`
	ValueBase64       []byte       `json:"value_base64"`
	Headers           []headerView `json:"headers"`
}

// headerView is a record's header. Texts are null when they are not UTF-8.
type headerView struct {
	Key         *jsonText `json:"key"`
	KeyBase64   []byte    `json:"key_base64"`
	Value       *jsonText `json:"value"`
	ValueBase64 []byte    `json:"value_base64"`
}

func viewContent(letter *settle.DeadLetterContent) contentView {
	return contentView{viewDeadLetter(&letter.DeadLetter), utcOrNull(letter.ResolvedAt), viewRecord(letter)}
}

func viewRecord(letter *settle.DeadLetterContent) recordView {
	view := recordView{
		Difference:        printing.Lines(letter.Difference),
		RecordTimestamp:   recordTime(letter.Timestamp),
		RecordTimestampMs: letter.Timestamp,
		Key:               textOf(letter.Key),
		KeyBase64:         letter.Key,
		Value:             textOf(letter.Value),
		ValueBase64:       letter.Value,
		Headers:           make([]headerView, len(letter.Headers)),
	}
	for i, header := range letter.Headers {
		key := []byte(header.Key)
		view.Headers[i] = headerView{textOf(key), key, textOf(header.Value), header.Value}
	}
	return view
}

// shownView is a dead letter with its record and what was done to it.
type shownView struct {
	contentView
	Actions []actionView `json:"actions"`
}

// actionView is what somebody did to a dead letter. Outcome and detail are null
// when there are none.
type actionView struct {
	Action    string    `json:"action"`
	Outcome   *jsonText `json:"outcome"`
	Detail    *jsonText `json:"detail"`
	Actor     jsonText  `json:"actor"`
	Reason    jsonText  `json:"reason"`
	CreatedAt time.Time `json:"created_at"`
}

func viewShown(letter *settle.DeadLetterContent, actions []settle.LetterAction) shownView {
	return shownView{viewContent(letter), viewActions(actions)}
}

// viewActions is never nil.
func viewActions(actions []settle.LetterAction) []actionView {
	views := make([]actionView, len(actions))
	for i := range actions {
		a := &actions[i]
		views[i] = actionView{a.Action, textOrNull(string(a.Outcome)), textOrNull(a.Detail),
			jsonText(a.Actor), jsonText(a.Reason), a.CreatedAt.UTC()}
	}
	return views
}

// utcOrNull is nil when there is no time.
func utcOrNull(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	utc := at.UTC()
	return &utc
}

// textOf is nil for bytes that are not there or no UTF-8.
func textOf(content []byte) *jsonText {
	if content == nil || !utf8.Valid(content) {
		return nil
	}
	text := jsonText(content)
	return &text
}

// recordTime is nil when the timestamp is no date of RFC 3339: it is whatever
// the producer wrote.
func recordTime(milliseconds int64) *time.Time {
	at := time.UnixMilli(milliseconds).UTC()
	if at.Year() < 1 || at.Year() > 9999 {
		return nil
	}
	return &at
}
