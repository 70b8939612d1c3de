package settle

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Handling is one run of a command on dead letters: who acts, and why. It is
// kept with each letter, for ever.
type Handling struct {
	// Actor and Reason say who and why.
	Actor, Reason string
	// id tells this run's actions from those of others: a batch may be run again
	// when it is not known whether it was committed.
	id [16]byte
}

// NewHandling begins a run.
func NewHandling(actor, reason string) Handling {
	h := Handling{Actor: actor, Reason: reason}
	_, _ = rand.Read(h.id[:]) // it never fails
	return h
}

// LetterAction is what somebody did to a dead letter.
type LetterAction struct {
	ID int64
	// LetterID is the dead letter's.
	LetterID int64
	// Action is requeue, discard or export.
	Action string
	// Outcome is what a requeue came to; empty for others.
	Outcome LetterOutcome
	// Detail says why a requeue was refused, or for what it waits.
	Detail string
	// Actor and Reason say who and why.
	Actor, Reason string
	// CreatedAt is when.
	CreatedAt time.Time
}

// LetterActions returns what was done to dead letters, the oldest first of each.
func LetterActions(ctx context.Context, db Querier, ids ...int64) ([]LetterAction, error) {
	rows, err := db.Query(ctx, getDeadLetterActionsSQL, ids)
	if err != nil {
		return nil, fmt.Errorf("read what was done to dead letters: %w", err)
	}
	actions, err := pgx.CollectRows(rows, pgx.RowToStructByPos[LetterAction])
	if err != nil {
		return nil, fmt.Errorf("read what was done to dead letters: %w", err)
	}
	return actions, nil
}

// Discard leaves those of the dead letters that are still open undecided for
// good, in one transaction, and returns their ids.
func Discard(ctx context.Context, db Beginner, ids []int64, h Handling) (discarded []int64, err error) {
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, lockDeadLettersSQL, ids)
		if err != nil {
			return err
		}
		if discarded, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		h.queueActions(batch, "discard", discarded, nil, nil)
		batch.Queue(resolveDeadLettersSQL, discarded, Discarded)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return nil, fmt.Errorf("discard dead letters: %w", err)
	}
	return discarded, nil
}

// NoteExport keeps that dead letters were written out.
func NoteExport(ctx context.Context, db Beginner, ids []int64, h Handling) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		h.queueActions(batch, "export", ids, nil, nil)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return fmt.Errorf("note the export of dead letters: %w", err)
	}
	return nil
}

// queueActions queues one action a letter. Outcomes and details are nil but for
// a requeue.
func (h *Handling) queueActions(batch *pgx.Batch, action string, ids []int64, outcomes, details []string) {
	if outcomes == nil {
		outcomes, details = make([]string, len(ids)), make([]string, len(ids))
	}
	batch.Queue(insertDeadLetterActionsSQL, h.id, action, h.Actor, h.Reason, ids, outcomes, details)
}
