package settle_test

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
	"deductor/ledger"
)

// commitOffsets has Kafka's offsets follow what a worker settled.
type commitOffsets struct{ worker int }

func (a commitOffsets) GoString() string {
	return fmt.Sprintf("worker %d commits its offsets", a.worker)
}

func (a commitOffsets) do(h *history) {
	for _, partition := range partitionsFrom(0) {
		held := h.workers[a.worker].held[partition]
		if held == nil {
			continue
		}
		next := held.next
		h.offsets[partition] = &next
		if id := held.InterventionID; id != 0 {
			if err := h.beside(func() error { return settle.InterventionDone(h.t.Context(), h.b.worker, id) }); err != nil {
				h.t.Fatal(err)
			}
			h.model.interventionDone(id)
		}
	}
}

// resetOffset puts the group's offset in Kafka elsewhere, or loses it.
type resetOffset struct {
	partition int32
	to        int64 // -1: there is none any more
}

func (a resetOffset) GoString() string {
	if a.to < 0 {
		return fmt.Sprintf("the group's offset of partition %d is lost", a.partition)
	}
	return fmt.Sprintf("the group's offset of partition %d is reset to %d", a.partition, a.to)
}

func (a resetOffset) do(h *history) {
	h.offsets[a.partition] = nil
	if to := min(a.to, h.log[a.partition].end()); to >= 0 {
		h.offsets[a.partition] = &to
	}
}

// backUp makes a backup, which replaces the last one.
type backUp struct{}

func (backUp) GoString() string { return "the database is backed up" }

func (backUp) do(h *history) {
	h.backup, h.backed = h.b.row("SELECT back_up()::text"), h.model.clone()
}

// putBack restores the last backup: at first, of an empty database. All lose
// their connections.
type putBack struct{}

func (putBack) GoString() string { return "the database is put back" }

func (putBack) do(h *history) {
	h.goOn(settles)
	h.b.exec("SELECT put_back($1::jsonb)", h.backup)
	h.model = h.backed.clone()
	for _, p := range h.processes() {
		p.cutOff()
	}
	h.tally.Restores++
}

// auditBooks has the audit find nothing, beside whoever stands in a transaction.
type auditBooks struct{}

func (auditBooks) GoString() string { return "the books are audited" }

func (auditBooks) do(h *history) {
	h.b.audit()
	if h.t.Failed() {
		h.t.FailNow()
	}
}

// closeAccount closes one.
type closeAccount struct{ name string }

func (a closeAccount) GoString() string { return "account " + a.name + " is closed" }

func (a closeAccount) do(h *history) {
	if h.model.accounts[a.name].Kind == ledger.Settlement || h.declinedUnseen(a.name) {
		h.goOn(settles) // it has read the account already, and will not look at it again
	}
	if err := h.beside(func() error {
		return pgx.BeginFunc(h.t.Context(), h.b.admin, func(tx pgx.Tx) error {
			return ledger.Close(h.t.Context(), tx, a.name)
		})
	}); err != nil {
		h.t.Fatal(err)
	}
	h.model.accounts[a.name].closed = true
}

// declinedUnseen tells whether who stands in a transaction declines a command of the
// account for what does not depend on it being open, nor on its balance.
func (h *history) declinedUnseen(name string) bool {
	if h.halfway == nil {
		return false
	}
	for _, slice := range h.halfway.batch {
		for _, item := range slice.Items {
			c := item.Command
			refusal := h.model.refusal(c)
			if (c.Account == name || c.CreditAccount == name) &&
				(refusal == ledger.AccountNotFound || refusal == ledger.CurrencyMismatch) {
				return true
			}
		}
	}
	return false
}

// skip is an operator who moves a partition.
type skip struct {
	partition int32
	to        int64
}

func (a skip) GoString() string {
	return fmt.Sprintf("an operator moves partition %d to offset %d", a.partition, a.to)
}

func (a skip) do(h *history) {
	h.intervene(settle.Skip, a.partition, min(a.to, h.log[a.partition].end()))
}

// intervene moves a partition, if the database knows it.
func (h *history) intervene(action settle.Action, partition int32, to int64) {
	err := h.beside(func() error {
		return pgx.BeginFunc(h.t.Context(), h.b.admin, func(tx pgx.Tx) error {
			_, err := settle.Intervene(h.t.Context(), tx, settle.Intervention{Key: h.log[partition].key,
				Action: action, TopicID: topicID, To: to, Actor: "operator", Reason: "to see what happens"})
			return err
		})
	})
	before, known := h.model.partitions[partition]
	var refused *settle.RefusedError
	switch {
	case known != (action == settle.Skip):
		if !errors.As(err, &refused) {
			h.t.Fatalf("%s of partition %d, known %t: error %v, want it refused", action, partition, known, err)
		}
		return
	case err != nil:
		h.t.Fatal(err)
	}
	h.model.intervene(partition, to)
	h.leaveOut(partition, before.next, to)
	h.tally.Skips++
}

// removeRecords is retention: the log begins later.
type removeRecords struct {
	partition int32
	before    int64
}

func (a removeRecords) GoString() string {
	return fmt.Sprintf("partition %d loses its records before offset %d", a.partition, a.before)
}

func (a removeRecords) do(h *history) {
	h.start[a.partition] = max(h.start[a.partition], min(a.before, h.log[a.partition].end()))
}
