package settle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"deductor/consumer/command"
	"deductor/consumer/internal/crashpoint"
	"deductor/dedupe"
	"deductor/ledger"
)

// transaction is one batch on its way through Postgres.
type transaction struct {
	task
	batch       []Slice
	admission   admission
	commands    []*command.Command
	payments    []ledger.Payment     // what each command asks for
	prints      []dedupe.Fingerprint // of each command
	sources     []dedupe.Source      // of the commands that were decided
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
	// expects is what its orders are taken for before they were looked up.
	expects expectation
	// guesses are what accounts are taken for that were not read; nil when all are read.
	guesses *ledger.Cache
	// many is from how many rows on they are written by COPY.
	many int64
	// turns are taken to write the balances of so many, and waited for no longer than
	// patience: the session is idle meanwhile, in its transaction.
	turns    *Turns
	patience time.Duration
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
	n := size(batch)
	t := &transaction{
		task:      job,
		batch:     batch,
		admission: job.admit(batch),
		commands:  make([]*command.Command, 0, n),
		payments:  make([]ledger.Payment, 0, n),
		prints:    make([]dedupe.Fingerprint, 0, n),
		sources:   make([]dedupe.Source, 0, n),
		register:  dedupe.NewRegister(),
		became:    make([]Kind, 0, n),
	}
	// A partition has one owner, so no other worker credits the same stripe
	// (but for partitions that are a multiple of stripes apart).
	t.book = ledger.NewBook(ids, int16(batch[0].Key.Partition%stripes))
	for i := range batch {
		for j := range batch[i].Items {
			if item := &batch[i].Items[j]; item.Rejection == nil {
				t.commands = append(t.commands, &item.Command)
				t.payments = append(t.payments, paymentOf(&item.Command))
				t.prints = append(t.prints, fingerprintOf(&item.Command))
			}
		}
	}
	return t
}

func paymentOf(cmd *command.Command) ledger.Payment {
	return ledger.Payment{
		Account:       cmd.Account,
		CreditAccount: cmd.CreditAccount,
		Currency:      cmd.Currency,
		Amount:        cmd.Amount,
		Reference:     cmd.OrderID,
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
	if err := t.readRest(ctx, conn); err != nil {
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
		if err := t.queueAccounts(batch); err != nil {
			return err
		}
		t.queueOrders(batch)
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

// write is the second round trip: everything that was decided, and COMMIT. An
// error of any statement keeps COMMIT from being executed.
func (t *transaction) write(ctx context.Context, conn *pgx.Conn) error {
	if t.large() {
		if err := t.register.CopyNew(ctx, conn); err != nil {
			return err
		}
		if err := t.book.CopyTransfers(ctx, conn); err != nil {
			return err
		}
	}
	return t.commit(ctx, conn)
}

// large tells whether there are rows enough to be written by COPY.
func (t *transaction) large() bool {
	return !t.rehearsal && t.counts[Applied]+t.counts[Declined] >= t.many
}

// turn waits until balances may be written. Nobody waits who has accounts locked: who
// has the turn may be waiting for them.
func (t *transaction) turn(ctx context.Context) (giveBack func(), err error) {
	if t.locks || !t.large() {
		return func() {}, nil
	}
	return t.turns.take(ctx, t.patience)
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
	giveBack, err := t.turn(ctx)
	if err != nil {
		return err
	}
	defer giveBack()
	t.commitSent = !t.rehearsal
	sent := conn.SendBatch(ctx, batch)
	crashpoint.Reach(crashpoint.CommitSent)
	if err := sent.Close(); err != nil {
		if (!t.locks || t.expects == allNew) && isAssertion(err) {
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
