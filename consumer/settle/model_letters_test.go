package settle_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"deductor/consumer/command"
	"deductor/consumer/settle"
)

const quarantined = command.ReasonAccountQuarantined

// modelLetter is a record that was set aside.
type modelLetter struct {
	letterName
	id      int64 // as the database gave it; 0 until that is known
	item    settle.Item
	reason  command.Reason
	order   string
	account string
	state   settle.LetterState
	actions []string
	did     map[int]string // what it became, by the command
}

// letterName tells a letter from all others, also from one that a database which
// was put back has again.
type letterName struct {
	at  string // partition@offset
	nth int    // of all that were made
}

func (l *modelLetter) clone() *modelLetter {
	c := *l
	c.actions, c.did = slices.Clone(l.actions), maps.Clone(l.did)
	return &c
}

// String prints it as [bench.state] does.
func (l *modelLetter) String() string {
	return fmt.Sprintf("dead letter %s: %s %s of %s, %s%s", l.at, l.reason, l.order, l.account, l.state,
		strings.Join(l.actions, ""))
}

// setAside keeps a record that is not decided, once.
func (m *model) setAside(at string, item settle.Item, reason command.Reason) {
	if m.letters[at] != nil {
		return
	}
	*m.made++
	letter := &modelLetter{letterName: letterName{at, *m.made}, item: item, reason: reason, state: settle.Open,
		did: make(map[int]string), order: item.Command.OrderID, account: item.Command.Account}
	if item.Rejection != nil {
		letter.order, letter.account = item.Rejection.OrderID, item.Rejection.Account
	}
	m.letters[at] = letter
	m.unnumbered = append(m.unnumbered, at)
}

// held tells whether an account has an open letter with a lower id.
func (m *model) held(account string, below int64) bool {
	for _, letter := range m.letters {
		if letter.state == settle.Open && letter.account == account && letter.id < below {
			return true
		}
	}
	return false
}

// everything is above all ids.
const everything = math.MaxInt64

// requeue decides letters again, in the order of their ids, and says what became
// of each. What the command did before, it only says again.
func (m *model) requeue(command int, letters []letterName) (became []string) {
	for _, name := range letters {
		letter := m.letters[name.at]
		if letter == nil || letter.letterName != name {
			became = append(became, "skipped")
		} else if before, done := letter.did[command]; done {
			became = append(became, before)
		} else if letter.state != settle.Open {
			became = append(became, "skipped")
		} else {
			became = append(became, m.decideAgain(command, letter))
		}
	}
	return became
}

func (m *model) decideAgain(command int, letter *modelLetter) string {
	waits := letter.reason == quarantined && m.held(letter.account, letter.id)
	kind, reason := m.decide(letter.at, letter.item, waits)
	became := kind.String()
	switch reason {
	case "":
		letter.state = settle.Requeued
	case quarantined:
		became = fmt.Sprintf("waiting %s", reason)
	default:
		became = fmt.Sprintf("refused %s", reason)
	}
	letter.did[command] = became
	letter.actions = append(letter.actions, " | requeue "+became)
	return became
}

// discard leaves letters undecided, and returns the ids of those that were open.
func (m *model) discard(letters []string) []int64 {
	ids := []int64{}
	for _, at := range letters {
		if letter := m.letters[at]; letter.state == settle.Open {
			letter.state = settle.Discarded
			letter.actions = append(letter.actions, " | discard")
			ids = append(ids, letter.id)
		}
	}
	return ids
}

// lettersBy are those of which something is so, in the order of their ids.
func (m *model) lettersBy(so func(*modelLetter) bool) []string {
	chosen := []string{}
	for at, letter := range m.letters {
		if so(letter) {
			chosen = append(chosen, at)
		}
	}
	slices.SortFunc(chosen, func(a, b string) int { return cmp.Compare(m.letters[a].id, m.letters[b].id) })
	return chosen
}

// ids are those of letters.
func (m *model) ids(letters []string) []int64 {
	ids := make([]int64, len(letters))
	for i, at := range letters {
		ids[i] = m.letters[at].id
	}
	return ids
}
