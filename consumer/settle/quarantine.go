package settle

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/command"
)

// quarantine is which dead letter of an account is in the way of its later
// commands: the first one that is open, 0 for one of this batch.
type quarantine map[string]int64

// quarantinable are the accounts whose commands may have to wait.
func (t *transaction) quarantinable() []string {
	var accounts []string
	seen := make(map[string]bool)
	for i := range t.batch {
		for j := range t.batch[i].Items {
			item := &t.batch[i].Items[j]
			if account := item.Command.Account; item.Rejection == nil && !seen[account] && t.admission.turn(item) > 0 {
				seen[account] = true
				accounts = append(accounts, account)
			}
		}
	}
	return accounts
}

// queueQuarantine reads what is in the way. It comes after the accounts were
// locked: what somebody requeued before is then no longer open.
func (t *transaction) queueQuarantine(batch *pgx.Batch) {
	accounts := t.quarantinable()
	if len(accounts) == 0 {
		return
	}
	t.quarantine = make(quarantine)
	batch.Queue(firstOpenDeadLettersSQL, accounts, t.admission.letters()).Query(func(rows pgx.Rows) error {
		var account string
		var id int64
		_, err := pgx.ForEachRow(rows, []any{&account, &id}, func() error {
			t.quarantine[account] = id
			return nil
		})
		return err
	})
}

// waits returns the rejection of a new command that has to wait for a dead
// letter of its account; nil when nothing is in its way.
func (t *transaction) waits(item *Item) *command.Rejection {
	account := item.Command.Account
	first, found := t.quarantine[account]
	if !found || first >= t.admission.turn(item) {
		return nil
	}
	detail := fmt.Sprintf("dead letter %d of account %q is open: requeue or discard it first", first, account)
	if first == 0 {
		detail = fmt.Sprintf("an earlier dead letter of account %q is open: requeue or discard it first", account)
	}
	return &command.Rejection{
		Reason: command.ReasonAccountQuarantined, Detail: detail, OrderID: item.Command.OrderID, Account: account}
}

// block makes later commands of the account wait for a record that is set aside
// in this batch, unless they wait already for the one that this waits for.
func (t *transaction) block(item *Item) {
	account := item.Command.Account
	if item.Rejection != nil {
		account = item.Rejection.Account
	}
	if t.quarantine == nil || account == "" {
		return
	}
	if first, found := t.quarantine[account]; !found || first >= t.admission.turn(item) {
		t.quarantine[account] = 0
	}
}
