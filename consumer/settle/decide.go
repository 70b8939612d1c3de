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
	next := 0 // of the commands
	for i := range t.batch {
		slice := &t.batch[i]
		for j := range slice.Items {
			item, place := &slice.Items[j], next
			if item.Rejection == nil {
				next++
			}
			switch {
			case !t.admission.admits(slice, item):
				t.count(DeadLettered)
			case item.Rejection != nil:
				t.setAside(slice, item, item.Rejection)
			default:
				if err := t.answer(slice, item, place); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// answer answers the command at that place.
func (t *transaction) answer(slice *Slice, item *Item, place int) error {
	cmd := &item.Command
	switch verdict, stored := t.verdict(place); verdict {
	case dedupe.Duplicate:
		t.count(Duplicate)
		return nil
	case dedupe.Conflict:
		t.setAside(slice, item, nil)
		t.conflicts = append(t.conflicts, conflict{letter: len(t.deadLetters) - 1, cmd: cmd, stored: stored})
		return nil
	}
	if rejection := t.refuses(item); rejection != nil {
		return t.setAsideNew(slice, item, rejection)
	}
	t.sources = append(t.sources, dedupe.Source{ID: slice.SourceID, Position: item.Record.Offset})
	record := dedupe.Record{
		OrderID:     cmd.OrderID,
		Attempt:     cmd.Attempt,
		Fingerprint: t.prints[place],
		Source:      &t.sources[len(t.sources)-1],
	}
	transfer, err := t.book.Transfer(t.payments[place])
	if err != nil {
		return t.notApplied(slice, item, &record, err)
	}
	record.Outcome = dedupe.Applied
	record.Ref = dedupe.Ref{Owner: transfer.DebitAccount, ID: transfer.ID}
	t.register.Record(record)
	t.count(Applied)
	return nil
}

// notApplied notes that the books don't take a payment.
func (t *transaction) notApplied(slice *Slice, item *Item, record *dedupe.Record, cause error) error {
	cmd := &item.Command
	var decline ledger.Decline
	var overflow *ledger.OverflowError
	switch {
	case errors.As(cause, &decline):
		record.Outcome, record.Reason = dedupe.Declined, string(decline)
		record.Request = requestOf(cmd).json()
		t.register.Record(*record)
		t.declines(string(decline))
		return nil
	case errors.As(cause, &overflow):
		return t.setAsideNew(slice, item, &command.Rejection{Reason: command.ReasonDatabaseRefused,
			Detail: overflow.Error(), OrderID: cmd.OrderID, Account: cmd.Account})
	default:
		return fmt.Errorf("decide on offset %d of %s[%d]: %w",
			item.Record.Offset, slice.Key.Topic, slice.Key.Partition, cause)
	}
}

// refuses returns why a new command is not to be decided now, nil when it is.
func (t *transaction) refuses(item *Item) *command.Rejection {
	if old := tooOld(item, t.register.Horizon()); old != nil {
		return old
	}
	return t.waits(item)
}

// setAsideNew dead-letters a command whose order is not known. Where nobody has
// looked, it may be.
func (t *transaction) setAsideNew(slice *Slice, item *Item, rejection *command.Rejection) error {
	if t.expects == allNew {
		return errUnsure
	}
	t.setAside(slice, item, rejection)
	return nil
}

// fingerprintOf hashes what makes two commands of one order the same payment.
func fingerprintOf(cmd *command.Command) dedupe.Fingerprint {
	r := requestOf(cmd)
	return dedupe.FingerprintOf(r.Account, r.AmountMinor, r.Currency, r.CreditAccount)
}
