package settle_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"deductor/consumer/command"
	"deductor/consumer/settle"
	"deductor/ledger"
)

// model is what the tables have to say after a history: the promises once more,
// in plain Go, one record after the other.
type model struct {
	accounts map[string]*modelAccount
	orders   map[string][]modelAnswer // by order, the highest attempt last
	letters  map[string]*modelLetter  // by partition@offset
	// unnumbered are letters whose ids are not known yet, made counts all.
	unnumbered []string
	made       *int
	// quarantine is what workers run with.
	quarantine bool
	horizon    time.Time // zero at first
	// partitions are those that the database knows, interventions how many it
	// ever had.
	partitions    map[int32]modelPartition
	interventions int64
}

type modelAccount struct {
	ledger.NewAccount
	closed bool
}

// modelAnswer is the answer to one attempt of an order.
type modelAnswer struct {
	attempt int32
	applied bool
	asked   command.Command
	stored  string // as [bench.orders] prints it
}

func newModel(accounts ...ledger.NewAccount) *model {
	m := &model{
		accounts: make(map[string]*modelAccount),
		orders:   make(map[string][]modelAnswer),
		letters:  make(map[string]*modelLetter),
		made:     new(int),

		partitions: make(map[int32]modelPartition),
	}
	for _, account := range accounts {
		m.accounts[account.Name] = &modelAccount{NewAccount: account}
		name := ledger.SettlementName(account.Currency)
		m.accounts[name] = &modelAccount{NewAccount: ledger.NewAccount{
			Name: name, Currency: account.Currency, Kind: ledger.Settlement}}
	}
	return m
}

// clone is what a backup holds.
func (m *model) clone() *model {
	c := *m
	c.accounts = make(map[string]*modelAccount, len(m.accounts))
	for name, account := range m.accounts {
		copied := *account
		c.accounts[name] = &copied
	}
	c.orders = make(map[string][]modelAnswer, len(m.orders))
	for id, answers := range m.orders {
		c.orders[id] = slices.Clone(answers)
	}
	c.letters = make(map[string]*modelLetter, len(m.letters))
	for at, letter := range m.letters {
		c.letters[at] = letter.clone()
	}
	c.partitions = maps.Clone(m.partitions)
	return &c
}

// settle answers a batch in the order of its records, and moves the watermarks.
func (m *model) settle(batch ...settle.Slice) (counts settle.Counts) {
	for _, slice := range batch {
		m.read(slice)
		for _, item := range slice.Items {
			counts[m.answer(fmt.Sprintf("%d@%d", slice.Key.Partition, item.Record.Offset), item)]++
		}
	}
	return counts
}

func (m *model) answer(at string, item settle.Item) settle.Kind {
	if letter := m.letters[at]; letter != nil && letter.state != settle.Requeued {
		return settle.DeadLettered // read again: its outcome is known
	}
	kind, reason := m.decide(at, item, m.quarantine && m.held(item.Command.Account, everything))
	if reason != "" {
		m.setAside(at, item, reason)
	}
	return kind
}

// decide answers a record, or says why it is set aside. Waits tells whether it
// has to wait for another one, should it be new.
func (m *model) decide(at string, item settle.Item, waits bool) (settle.Kind, command.Reason) {
	c := item.Command
	if item.Rejection != nil {
		return settle.DeadLettered, item.Rejection.Reason
	}
	if answers := m.orders[c.OrderID]; len(answers) > 0 {
		last := answers[len(answers)-1]
		if last.applied || c.Attempt <= last.attempt {
			if answer := answerTo(answers, c.Attempt); !samePayment(answer.asked, c) {
				return settle.DeadLettered, command.ReasonOrderConflict
			}
			return settle.Duplicate, ""
		}
	}
	if m.tooOld(item) {
		return settle.DeadLettered, command.ReasonTooOld
	}
	if waits {
		return settle.DeadLettered, quarantined
	}
	answer := modelAnswer{attempt: c.Attempt, asked: c}
	kind := settle.Declined
	if reason := m.refusal(c); reason != "" {
		answer.stored = fmt.Sprintf("declined attempt %d at %s: %s", c.Attempt, at, reason)
	} else {
		if m.accounts[c.CreditAccount].Balance > math.MaxInt64-c.Amount {
			return settle.DeadLettered, command.ReasonDatabaseRefused
		}
		kind, answer.applied = settle.Applied, true
		m.accounts[c.Account].Balance -= c.Amount
		m.accounts[c.CreditAccount].Balance += c.Amount
		answer.stored = fmt.Sprintf("applied attempt %d at %s: %d %s from %s to %s",
			c.Attempt, at, c.Amount, c.Currency, c.Account, c.CreditAccount)
	}
	m.orders[c.OrderID] = append(m.orders[c.OrderID], answer)
	return kind, ""
}

// answerTo is the answer to that very attempt, to the next higher one that was
// decided, or the current one.
func answerTo(answers []modelAnswer, attempt int32) modelAnswer {
	for _, answer := range answers {
		if answer.attempt >= attempt {
			return answer
		}
	}
	return answers[len(answers)-1]
}

func samePayment(a, b command.Command) bool {
	return a.Account == b.Account && a.CreditAccount == b.CreditAccount && a.Amount == b.Amount && a.Currency == b.Currency
}

func (m *model) refusal(c command.Command) ledger.Decline {
	from, to := m.accounts[c.Account], m.accounts[c.CreditAccount]
	switch {
	case from == nil || to == nil || from.Kind != ledger.Customer:
		return ledger.AccountNotFound
	case from.closed || to.closed:
		return ledger.AccountClosed
	case from.Currency != c.Currency || to.Currency != c.Currency:
		return ledger.CurrencyMismatch
	case from.Balance-c.Amount < -from.OverdraftLimit:
		return ledger.InsufficientFunds
	}
	return ""
}

// String prints it as [bench.state] does.
func (m *model) String() string {
	lines := m.answers()
	for id, p := range m.partitions {
		lines = append(lines, fmt.Sprintf("partition %d: below %d, epoch %d", id, p.next, p.epoch))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// answers are all that a replay must not change.
func (m *model) answers() (lines []string) {
	for name, account := range m.accounts {
		lines = append(lines, fmt.Sprintf("account %s: %d", name, account.Balance))
	}
	for id, answers := range m.orders {
		stored := make([]string, 0, len(answers))
		for _, answer := range slices.Backward(answers) {
			stored = append(stored, answer.stored)
		}
		lines = append(lines, fmt.Sprintf("order %s: %s", id, strings.Join(stored, " | ")))
	}
	for _, letter := range m.letters {
		lines = append(lines, letter.String())
	}
	slices.Sort(lines)
	return lines
}

// state prints what the tables say, as the model does, and what no model would.
func (b *bench) state() string {
	b.t.Helper()
	lines := b.rows(`
		SELECT format('account %s: %s', name, balance) FROM account_balance
		 UNION ALL
		SELECT format('dead letter %s@%s: %s %s of %s, %s%s', s.partition, d.record_offset, d.reason, d.order_id,
		              d.account, coalesce(d.resolution, 'open'),
		              (SELECT string_agg(concat_ws(' ', ' |', a.action, a.outcome, split_part(a.detail, ':', 1)), ''
		                                 ORDER BY a.id)
		                 FROM dead_letter_action a WHERE a.dead_letter_id = d.id))
		  FROM dead_letter d JOIN source s ON s.id = d.source_id
		 UNION ALL
		SELECT format('partition %s: below %s, epoch %s', partition, next_offset, epoch) FROM watermark
		 UNION ALL
		SELECT format('order %s was debited %s times', reference, count(*))
		  FROM transfer GROUP BY reference HAVING count(*) > 1
		 UNION ALL
		SELECT format('%s transfers have id %s', count(*), id) FROM transfer GROUP BY id HAVING count(*) > 1`)
	for id, stored := range b.orders() {
		lines = append(lines, fmt.Sprintf("order %s: %s", id, stored))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
