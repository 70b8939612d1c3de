package settle_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"deductor/consumer/command"
	"deductor/consumer/settle"
	"deductor/ledger"
)

// model is what the tables have to say after a history: the promises once more,
// in plain Go, one record after the other.
type model struct {
	accounts map[string]*modelAccount
	orders   map[string][]modelAnswer // by order, the highest attempt last
	letters  map[string]string        // by partition@offset
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
		letters:  make(map[string]string),

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
	c.letters, c.partitions = maps.Clone(m.letters), maps.Clone(m.partitions)
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
	c := item.Command
	if m.letters[at] != "" {
		return settle.DeadLettered // read again: its outcome is known
	}
	if item.Rejection != nil {
		return m.setAside(at, item.Rejection.Reason, item.Rejection.OrderID)
	}
	if answers := m.orders[c.OrderID]; len(answers) > 0 {
		last := answers[len(answers)-1]
		if last.applied || c.Attempt <= last.attempt {
			if answer := answerTo(answers, c.Attempt); !samePayment(answer.asked, c) {
				return m.setAside(at, command.ReasonOrderConflict, c.OrderID)
			}
			return settle.Duplicate
		}
	}
	answer := modelAnswer{attempt: c.Attempt, asked: c}
	reason := m.refusal(c)
	kind := settle.Declined
	if reason == "" {
		kind, answer.applied = settle.Applied, true
		m.accounts[c.Account].Balance -= c.Amount
		m.accounts[c.CreditAccount].Balance += c.Amount
		answer.stored = fmt.Sprintf("applied attempt %d at %s: %d %s from %s to %s",
			c.Attempt, at, c.Amount, c.Currency, c.Account, c.CreditAccount)
	} else {
		answer.stored = fmt.Sprintf("declined attempt %d at %s: %s", c.Attempt, at, reason)
	}
	m.orders[c.OrderID] = append(m.orders[c.OrderID], answer)
	return kind
}

// setAside keeps a record that is no payment, once.
func (m *model) setAside(at string, reason command.Reason, orderID string) settle.Kind {
	if m.letters[at] == "" {
		m.letters[at] = fmt.Sprintf("%s %s", reason, orderID)
	}
	return settle.DeadLettered
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
	for at, letter := range m.letters {
		lines = append(lines, fmt.Sprintf("dead letter %s: %s", at, letter))
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
		SELECT format('dead letter %s@%s: %s %s', s.partition, d.record_offset, d.reason, d.order_id)
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
