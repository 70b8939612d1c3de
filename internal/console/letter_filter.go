package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"deductor/consumer/settle"
)

// letterFilter is which dead letters a page shows, as its URL has it.
type letterFilter struct {
	State               settle.LetterState
	Reason, Topic       string
	Partition, From, To string // as they were given
	partition           *int32
	from, to            *time.Time
	before              int64
}

// Filtered tells whether anything narrows the page down.
func (f letterFilter) Filtered() bool {
	return f.State != settle.Open || f.Reason+f.Topic+f.Partition+f.From+f.To != ""
}

// Paged tells whether it is not the first page.
func (f letterFilter) Paged() bool { return f.before != 0 }

// values are the URL's, of what is given.
func (f letterFilter) values() url.Values {
	values := make(url.Values)
	state := string(f.State)
	if state == "" {
		state = "all"
	}
	for name, value := range map[string]string{"state": state, "reason": f.Reason, "topic": f.Topic,
		"partition": f.Partition, "from": f.From, "to": f.To} {
		if value != "" && (name != "state" || value != string(settle.Open)) {
			values.Set(name, value)
		}
	}
	return values
}

// url is the page's with one value more, or another one.
func (f letterFilter) url(name, value string) string {
	values := f.values()
	values.Set(name, value)
	if value == "" {
		values.Del(name)
	}
	return Prefix + "/dead-letters?" + values.Encode()
}

// With is url for the templates.
func (f letterFilter) With(name, value string) string { return f.url(name, value) }

// maxFilter bounds what a filter's value may be, in bytes.
const maxFilter = 256

// parseLetterFilter reads the filter of a URL. Without a state, those that are
// open are shown.
func parseLetterFilter(values url.Values) (letterFilter, error) {
	f := letterFilter{State: settle.Open}
	for name, to := range map[string]*string{
		"reason": &f.Reason, "topic": &f.Topic, "partition": &f.Partition, "from": &f.From, "to": &f.To,
	} {
		if *to = strings.TrimSpace(values.Get(name)); len(*to) > maxFilter {
			return f, wrongFilter(name, "is too long")
		}
	}
	switch state := values.Get("state"); state {
	case "", string(settle.Open):
	case string(settle.Requeued), string(settle.Discarded):
		f.State = settle.LetterState(state)
	case "all":
		f.State = ""
	default:
		return f, wrongFilter("state", "is none of open, requeued, discarded, all")
	}
	if f.Partition != "" {
		n, err := strconv.ParseInt(f.Partition, 10, 32)
		if err != nil || n < 0 {
			return f, wrongFilter("partition", "is no partition's number")
		}
		number := int32(n)
		f.partition = &number
	}
	for name, bound := range map[string]struct {
		text string
		to   **time.Time
	}{"from": {f.From, &f.from}, "to": {f.To, &f.to}} {
		if bound.text == "" {
			continue
		}
		at, err := parseTime(bound.text)
		if err != nil {
			return f, wrongFilter(name, "is no time: write 2026-01-31T13:00 in UTC, or with a zone as RFC 3339 has it")
		}
		*bound.to = &at
	}
	if before := values.Get("before"); before != "" {
		id, err := letterID(before)
		if err != nil {
			return f, wrongFilter("before", "is not the id of a dead letter")
		}
		f.before = id
	}
	return f, nil
}

func wrongFilter(name, why string) error {
	return &pageError{http.StatusBadRequest, "The filter can't be read", fmt.Sprintf("What is given as %s %s.", name, why)}
}

// parseTime reads RFC 3339, or what a browser's field for times sends, in UTC.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02",
		"2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Parse(time.RFC3339, text)
}

// query is the filter for the database. It finds nothing when the sources have
// no partition that it names.
func (f letterFilter) query(sources []settle.Source) (q settle.LetterQuery, found bool) {
	q = settle.LetterQuery{State: f.State, Reason: f.Reason, From: f.from, To: f.to, Before: f.before}
	if f.Topic == "" && f.partition == nil {
		return q, true
	}
	for _, s := range sources {
		if (f.Topic == "" || f.Topic == s.Topic) && (f.partition == nil || *f.partition == s.Partition) {
			q.Sources = append(q.Sources, s.ID)
		}
	}
	return q, len(q.Sources) > 0
}

// command is what requeues all that the filter finds; "" when no command has
// such a filter.
func (f letterFilter) command() string {
	if f.State != settle.Open || f.from != nil || f.to != nil {
		return ""
	}
	text := "deductor deadletter requeue"
	for _, flag := range []struct{ name, value string }{
		{"code", f.Reason}, {"topic", f.Topic}, {"partition", f.Partition},
	} {
		if flag.value != "" {
			text += " --" + flag.name + " " + quoted(flag.value)
		}
	}
	if f.Reason+f.Topic+f.Partition == "" {
		text += " --all"
	}
	return text + " --reason '…'"
}

// quoted is a word for a shell.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r)
	}
	if strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
