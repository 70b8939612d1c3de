package settle

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"deductor/consumer/internal/crashpoint"
	"deductor/dedupe"
	"deductor/ledger"
)

// transaction is one batch on its way through Postgres.
type transaction struct {
	task
	batch       []Slice
	admission   admission
	payments    []ledger.Payment
	book        *ledger.Book
	register    *dedupe.Register
	quarantine  quarantine // nil when nothing has to wait
	counts      Counts
	became      []Kind // each record, in their order
	deadLetters []deadLetter
	conflicts   []conflict
	declined    map[string]int64 // how many, by reason; nil when none were
	watch       stopwatch
	commitSent  bool // from here on it may be committed
}

// task is what a transaction is for.
type task struct {
	// admit lets a batch in.
	admit func(batch []Slice) admission
	// locks means that the accounts are locked before anything is decided.
	// Without, the write fails when a decision does not hold any more.
	locks bool
	// parts means that the caller can settle the slices one by one: it is told when
	// a lock is waited for in vain ([ErrBlocked]).
	parts bool
	// rehearsal means that nothing is written: it is only to be known what would
	// be decided.
	rehearsal bool
	// done is called after each transaction that was committed, or rehearsed.
	done func(*transaction)
}

// stripes is over how many rows a settlement account's balance is spread.
const stripes = 64

func newTransaction(batch []Slice, job task, ids *ledger.IDs) *transaction {
	t := &transaction{
		task:      job,
		batch:     batch,
		admission: job.admit(batch),
		payments:  make([]ledger.Payment, 0, size(batch)),
		register:  dedupe.NewRegister(),
	}
	// A partition has one owner, so no other worker credits the same stripe
	// (but for partitions that are a multiple of stripes apart).
	t.book = ledger.NewBook(ids, int16(batch[0].Key.Partition%stripes))
	for i := range batch {
		for j := range batch[i].Items {
			if item := &batch[i].Items[j]; item.Rejection == nil {
				t.payments = append(t.payments, payment(item))
			}
		}
	}
	return t
}

func payment(item *Item) ledger.Payment {
	return ledger.Payment{
		Account:       item.Command.Account,
		CreditAccount: item.Command.CreditAccount,
		Currency:      item.Command.Currency,
		Amount:        item.Command.Amount,
		Reference:     item.Command.OrderID,
	}
}

// run takes the batch through both round trips. A [*FenceError] means that
// nothing was committed, for none of the slices. Other errors may leave the
// connection inside the transaction.
func (t *transaction) run(ctx context.Context, conn *pgx.Conn, limits Limits) error {
	t.watch.start()
	if err := t.read(ctx, conn, limits); err != nil {
		return err
	}
	t.watch.lap(Reading)
	if err := t.admission.check(ctx, conn); err != nil {
		return err
	}
	if err := t.register.FindEarlier(ctx, conn); err != nil {
		return err
	}
	if err := t.decide(); err != nil {
		return err
	}
	if err := t.explainConflicts(ctx, conn); err != nil {
		return err
	}
	t.watch.lap(Deciding)
	defer t.watch.lap(Writing)
	return t.write(ctx, conn)
}

// read is the first round trip: begin, admit, lock, then read.
func (t *transaction) read(ctx context.Context, conn *pgx.Conn, limits Limits) error {
	batch := &pgx.Batch{}
	batch.Queue(beginSQL)
	batch.Queue(limitsSQL, limits.arguments()...)
	t.admission.queue(batch)
	if len(t.payments) > 0 {
		readAccounts := t.book.QueueRead
		if t.locks {
			readAccounts = t.book.QueueLock
		}
		if err := readAccounts(batch, t.payments); err != nil {
			return err
		}
		t.register.QueueFind(batch, t.orderIDs())
		t.queueQuarantine(batch)
	}
	sent := conn.SendBatch(ctx, batch)
	crashpoint.Reach(crashpoint.FenceSent)
	if err := sent.Close(); err != nil {
		return fmt.Errorf("admit, lock and read: %w", err)
	}
	if status := conn.PgConn().TxStatus(); status != 'T' {
		return fmt.Errorf("admit, lock and read: %w (its status is %q)", errNoTransaction, status)
	}
	crashpoint.Reach(crashpoint.Locked)
	return nil
}

// What something between here and Postgres may make of a transaction: both mean
// that what was sent is not what was executed.
var (
	errNoTransaction = errors.New("the connection is in no transaction after BEGIN")
	errNotCommitted  = errors.New("COMMIT was not answered with COMMIT: the transaction had failed")
)

// many is from how many payments on COPY, with round trips of its own, is
// quicker than INSERT.
const many = 200

// write is the second round trip: everything that was decided, and COMMIT. An
// error of any statement keeps COMMIT from being executed.
func (t *transaction) write(ctx context.Context, conn *pgx.Conn) error {
	if t.counts[Applied]+t.counts[Declined] >= many && !t.rehearsal {
		if err := t.register.CopyNew(ctx, conn); err != nil {
			return err
		}
		if err := t.book.CopyTransfers(ctx, conn); err != nil {
			return err
		}
	}
	return t.commit(ctx, conn)
}

func (t *transaction) commit(ctx context.Context, conn *pgx.Conn) error {
	batch := &pgx.Batch{}
	if t.rehearsal {
		batch.Queue("ROLLBACK")
	} else {
		t.register.QueueSave(batch)
		t.admission.finish(batch, t)
		t.book.QueuePost(batch) // last, for its locks: other transactions may want the same accounts
		batch.Queue("COMMIT").Exec(expectCommit)
	}
	crashpoint.Reach(crashpoint.Decided)
	t.commitSent = !t.rehearsal
	sent := conn.SendBatch(ctx, batch)
	crashpoint.Reach(crashpoint.CommitSent)
	if err := sent.Close(); err != nil {
		if !t.locks && isAssertion(err) {
			err = fmt.Errorf("%w: %w", errMoved, err)
		}
		return fmt.Errorf("write and commit: %w", err)
	}
	crashpoint.Reach(crashpoint.Committed)
	return nil
}

// expectCommit looks at the answer to COMMIT: of a transaction that failed, it is
// ROLLBACK and no error (Postgres manual, COMMIT).
func expectCommit(tag pgconn.CommandTag) error {
	if tag.String() != "COMMIT" {
		return fmt.Errorf("%w (the answer was %q)", errNotCommitted, tag)
	}
	return nil
}

// count notes what the next record became.
func (t *transaction) count(kind Kind) {
	t.counts[kind]++
	t.became = append(t.became, kind)
}

// orderIDs are the batch's, each once.
func (t *transaction) orderIDs() []string {
	ids := make([]string, 0, len(t.payments))
	seen := make(map[string]bool, len(t.payments))
	for i := range t.payments {
		if id := t.payments[i].Reference; !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}
