package settle

import (
	"errors"
	"fmt"

	"deductor/consumer/command"
	"deductor/dedupe"
	"deductor/ledger"
)

// decide answers each record, slice by slice in the order of the offsets: each
// on what those before it left.
func (t *transaction) decide() error {
	for i := range t.batch {
		slice := &t.batch[i]
		for j := range slice.Items {
			if !t.admission.admits(slice, &slice.Items[j]) {
				t.count(DeadLettered)
			} else if err := t.answer(slice, &slice.Items[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *transaction) answer(slice *Slice, item *Item) error {
	if item.Rejection != nil {
		t.setAside(slice, item, item.Rejection)
		return nil
	}
	cmd := &item.Command
	fingerprint := fingerprintOf(cmd)
	switch verdict, stored := t.register.Decide(cmd.OrderID, cmd.Attempt, fingerprint); verdict {
	case dedupe.Duplicate:
		t.count(Duplicate)
		return nil
	case dedupe.Conflict:
		t.setAside(slice, item, nil)
		t.conflicts = append(t.conflicts, conflict{letter: len(t.deadLetters) - 1, cmd: cmd, stored: stored})
		return nil
	}
	if old := tooOld(item, t.register.Horizon()); old != nil {
		t.setAside(slice, item, old)
		return nil
	}
	if rejection := t.waits(item); rejection != nil {
		t.setAside(slice, item, rejection)
		return nil
	}
	record := dedupe.Record{
		OrderID:     cmd.OrderID,
		Attempt:     cmd.Attempt,
		Fingerprint: fingerprint,
		Source:      &dedupe.Source{ID: slice.SourceID, Position: item.Record.Offset},
	}
	transfer, err := t.book.Transfer(payment(item))
	var decline ledger.Decline
	var overflow *ledger.OverflowError
	switch {
	case err == nil:
		record.Outcome = dedupe.Applied
		record.Ref = dedupe.Ref{Owner: transfer.DebitAccount, ID: transfer.ID}
		t.count(Applied)
	case errors.As(err, &decline):
		record.Outcome, record.Reason = dedupe.Declined, string(decline)
		record.Request = requestOf(cmd).json()
		t.declines(string(decline))
	case errors.As(err, &overflow):
		t.setAside(slice, item, &command.Rejection{
			Reason: command.ReasonDatabaseRefused, Detail: overflow.Error(), OrderID: cmd.OrderID, Account: cmd.Account})
		return nil
	default:
		return fmt.Errorf("decide on offset %d of %s[%d]: %w",
			item.Record.Offset, slice.Key.Topic, slice.Key.Partition, err)
	}
	t.register.Record(record)
	return nil
}

// fingerprintOf hashes what makes two commands of one order the same payment.
func fingerprintOf(cmd *command.Command) dedupe.Fingerprint {
	r := requestOf(cmd)
	return dedupe.FingerprintOf(r.Account, r.AmountMinor, r.Currency, r.CreditAccount)
}
