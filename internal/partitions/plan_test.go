package partitions

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"deductor/consumer/intake"
	"deductor/consumer/settle"
)

func at(offset int64) *int64 { return &offset }

var thisTopic, otherTopic = intake.TopicID{1}, intake.TopicID{2}

// survey has one partition, whose log holds the offsets 10 to 20 of which those
// from 18 on are undecided.
func survey(f facts) *Survey {
	if f.log == nil {
		f.log = &intake.LogRange{Start: 10, LastStable: 18, End: 20}
	}
	topic := intake.Topic{Name: "payments", ID: thisTopic, Partitions: make([]intake.Partition, 1)}
	return &Survey{Topic: topic, group: "debits", found: map[int32]*facts{0: &f}}
}

func watermark(offset int64, topic intake.TopicID) settle.Partition {
	return settle.Partition{Watermark: &settle.Watermark{NextOffset: offset, TopicID: topic}}
}

func TestState(t *testing.T) {
	t.Parallel()
	owner := "worker-1"
	halted := watermark(12, thisTopic)
	halted.Halt = &settle.HaltError{Reason: "offset_gap", Detail: "13 is missing"}
	skipped := watermark(15, thisTopic)
	skipped.Intervention = at(15)
	for name, test := range map[string]struct {
		facts facts
		state string
		lag   int64
	}{
		"new":               {facts{}, "idle", 8},
		"read":              {facts{committed: at(12), stored: watermark(12, thisTopic), owner: &owner}, "ok", 6},
		"nobody there":      {facts{committed: at(12), stored: watermark(12, thisTopic)}, "idle", 6},
		"commits not told":  {facts{stored: watermark(12, thisTopic)}, "idle", 6},
		"database lost":     {facts{committed: at(12)}, "idle", 6},
		"offsets reset":     {facts{committed: at(11), stored: watermark(12, thisTopic)}, "idle", 7},
		"database put back": {facts{committed: at(12), stored: watermark(11, thisTopic)}, "idle", 7},
		"skipped":           {facts{committed: at(12), stored: skipped}, "idle", 3},
		"beyond the end":    {facts{committed: at(30), stored: watermark(30, thisTopic)}, "idle", 0},
		"halted with an owner": {
			facts{committed: at(12), stored: halted, owner: &owner}, "halted: offset_gap: 13 is missing", 6,
		},
	} {
		states := survey(test.facts).States()
		if len(states) != 1 || states[0].State != test.state || *states[0].Lag != test.lag {
			t.Errorf("%s: %+v, lag %d, want %s, lag %d", name, states, *states[0].Lag, test.state, test.lag)
		}
	}
}

func TestStateOfPartitionThatTheTopicLacks(t *testing.T) {
	t.Parallel()
	s := survey(facts{})
	s.found[7] = &facts{stored: watermark(5, otherTopic)}
	states := s.States()
	if len(states) != 2 || states[1].Partition != 7 || states[1].LogEnd != nil || states[1].Lag != nil ||
		*states[1].Watermark != 5 {
		t.Errorf("states are %+v", states)
	}
	_, err := s.Skip(7, at(1))
	var refused *settle.RefusedError
	if !errors.As(err, &refused) {
		t.Errorf("skip: %v", err)
	}
}

func TestSkip(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		facts facts
		to    *int64
		want  int64
		why   string
	}{
		"to an offset":            {facts{stored: watermark(12, thisTopic)}, at(15), 15, ""},
		"to the log's end":        {facts{stored: watermark(12, thisTopic)}, at(20), 20, ""},
		"to the log's start":      {facts{stored: watermark(12, thisTopic)}, at(10), 10, ""},
		"before the log":          {facts{stored: watermark(12, thisTopic)}, at(9), 0, "holds 10 to 20"},
		"behind the log":          {facts{stored: watermark(12, thisTopic)}, at(21), 0, "holds 10 to 20"},
		"past what was removed":   {facts{stored: watermark(4, thisTopic)}, nil, 10, ""},
		"a replay of removed":     {facts{committed: at(4), stored: watermark(12, thisTopic)}, nil, 10, ""},
		"nothing was removed":     {facts{stored: watermark(12, thisTopic)}, nil, 0, "say with --to-offset"},
		"unknown to the database": {facts{}, nil, 0, "say with --to-offset"},
	} {
		got, err := survey(test.facts).Skip(0, test.to)
		check(t, name, got, err, settle.Skip, test.want, test.why)
	}
}

func check(
	t *testing.T, name string, got settle.Intervention, err error, action settle.Action, to int64, why string,
) {
	t.Helper()
	var refused *settle.RefusedError
	want := settle.Intervention{
		Key: settle.Key{Group: "debits", Topic: "payments"}, Action: action, TopicID: thisTopic, To: to,
	}
	switch {
	case why == "" && (err != nil || got != want):
		t.Errorf("%s: %+v, %v, want %+v", name, got, err, want)
	case why != "" && (!errors.As(err, &refused) || !strings.Contains(err.Error(), why)):
		t.Errorf("%s: %+v, %v, want a refusal: %s", name, got, err, why)
	}
}

func TestAdopt(t *testing.T) {
	t.Parallel()
	remade := watermark(14, otherTopic)
	for name, test := range map[string]struct {
		facts facts
		at    string
		want  int64
		why   string
	}{
		"by default what was committed":      {facts{committed: at(13)}, "", 13, ""},
		"by default a new topic's start":     {facts{committed: at(13), stored: remade}, "", 10, ""},
		"committed":                          {facts{committed: at(13), stored: remade}, "committed", 13, ""},
		"earliest":                           {facts{committed: at(13)}, "earliest", 10, ""},
		"latest":                             {facts{committed: at(13)}, "latest", 20, ""},
		"an offset":                          {facts{committed: at(13)}, "11", 11, ""},
		"an offset that the log lacks":       {facts{committed: at(13)}, "9", 0, "holds 10 to 20"},
		"a committed one that the log lacks": {facts{committed: at(9)}, "", 0, "holds 10 to 20"},
		"nothing committed":                  {facts{}, "", 0, "committed no offset"},
	} {
		place, err := ParsePlace(test.at)
		if err != nil {
			t.Fatal(err)
		}
		got, err := survey(test.facts).Adopt(0, place)
		check(t, name, got, err, settle.Adopt, test.want, test.why)
	}
}

func TestParsePlaceRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"Earliest", "-1", "1.5", "9223372036854775808", "offset"} {
		if place, err := ParsePlace(text); err == nil {
			t.Errorf("%q is taken for %+v", text, place)
		}
	}
}

func TestAdoptable(t *testing.T) {
	t.Parallel()
	s := survey(facts{committed: at(13)})
	for id, f := range map[int32]*facts{
		1: {log: s.found[0].log},
		2: {log: s.found[0].log, committed: at(13), stored: watermark(13, thisTopic)},
		3: {log: s.found[0].log, stored: watermark(13, otherTopic)},
		4: {stored: watermark(13, otherTopic)},
	} {
		s.found[id] = f
	}
	if got := s.Adoptable(); !slices.Equal(got, []int32{0, 3}) {
		t.Errorf("%v wait to be adopted, should be 0 (the database lost) and 3 (the topic made again)", got)
	}
}

func TestSum(t *testing.T) {
	t.Parallel()
	states := []State{
		{State: OK, Lag: at(2)}, {State: Idle}, {State: "halted: x", Lag: at(3)}, {State: OK, Lag: at(0)},
	}
	if got, want := Sum(states), (Totals{Partitions: 4, OK: 2, Idle: 1, Halted: 1, Lag: 5}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
