package settle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"deductor/dedupe"
	"deductor/ledger"
)

// Fault is a record of a topic whose outcome is not what it has to be.
type Fault struct {
	Partition int32
	Offset    int64
	OrderID   string
	// Missing means that no outcome is recorded. Otherwise what is recorded is for
	// something else than the record asks for, and no conflict is kept.
	Missing bool
	// Detail says what was found.
	Detail string
}

// Judgement is what [Judge] found of a run of records.
type Judgement struct {
	Faults []Fault
	// Own are the offsets of the records that orders were decided by.
	Own []int64
	// Pruned is how many are from before the horizon and have no outcome any more.
	Pruned int64
}

// Judge compares records, all below the watermark, with what is recorded of them,
// by the decisions that workers make: each is to have an outcome, which has to be
// for what the record asks for, down to the transfer's accounts and amount. It
// reads in a transaction of its own, as of one moment.
func Judge(ctx context.Context, conn *pgx.Conn, slice Slice) (Judgement, error) {
	batch := append([]Slice(nil), slice)
	seen := &unwritten{reading: newReading(batch, false)}
	t := newTransaction(batch, task{admit: func([]Slice) admission { return seen }}, ledger.Unposted())
	var j judging
	err := inReading(ctx, conn, func(first *pgx.Batch) {
		seen.queue(first)
		t.register.QueueFind(first, t.orderIDs())
	}, func() error {
		if err := t.register.FindEarlier(ctx, conn); err != nil {
			return err
		}
		keys := j.judge(t)
		requests, err := storedRequests(ctx, conn, keys)
		j.compare(requests)
		return err
	})
	if err != nil {
		return Judgement{}, fmt.Errorf("judge %s[%d]: %w", slice.Key.Topic, slice.Key.Partition, err)
	}
	return j.Judgement, nil
}

// judging is a judgement on its way.
type judging struct {
	Judgement
	applied []appliedItem
}

// appliedItem is a record that was debited, and by which transfer.
type appliedItem struct {
	item *Item
	key  ledger.TransferKey
}

// judge finds what is wrong with the outcomes, and returns which transfers are to
// be looked at: those that the records themselves made.
func (j *judging) judge(t *transaction) []ledger.TransferKey {
	slice := &t.batch[0]
	for i := range slice.Items {
		item := &slice.Items[i]
		switch setAside := !t.admission.admits(slice, item); {
		case item.Rejection == nil:
			j.judgeCommand(t, item, setAside)
		case !setAside:
			j.fault(item, true, "it is no command, and no dead letter: "+item.Rejection.Error())
		}
	}
	keys := make([]ledger.TransferKey, len(j.applied))
	for i := range j.applied {
		keys[i] = j.applied[i].key
	}
	return keys
}

func (j *judging) judgeCommand(t *transaction, item *Item, setAside bool) {
	cmd := &item.Command
	verdict, stored := t.register.Decide(cmd.OrderID, cmd.Attempt, fingerprintOf(cmd))
	own := stored != nil && stored.Source != nil &&
		*stored.Source == dedupe.Source{ID: t.batch[0].SourceID, Position: item.Record.Offset}
	if own {
		j.Own = append(j.Own, item.Record.Offset)
	}
	switch {
	case verdict == dedupe.Duplicate && own && stored.Outcome == dedupe.Applied:
		key := ledger.TransferKey{DebitAccount: stored.Ref.Owner, ID: stored.Ref.ID}
		j.applied = append(j.applied, appliedItem{item, key})
	case verdict == dedupe.Duplicate || setAside: // answered
	case verdict == dedupe.Conflict:
		j.fault(item, false, fmt.Sprintf("the order is recorded (attempt %d, %s, at %s) for something else, "+
			"and no conflict is kept", stored.Attempt, stored.Outcome, stored.ProcessedAt.UTC().Format(time.RFC3339)))
	case tooOld(item, t.register.Horizon()) != nil:
		j.Pruned++
	default:
		j.fault(item, true, fmt.Sprintf("attempt %d has no recorded outcome, and is no dead letter", cmd.Attempt))
	}
}

// compare looks whether the transfers moved what the records ask for.
func (j *judging) compare(requests map[ledger.TransferKey]request) {
	for _, a := range j.applied {
		stored, found := requests[a.key]
		if !found {
			j.fault(a.item, false, fmt.Sprintf("its transfer %d of account id %d does not exist", a.key.ID, a.key.DebitAccount))
			continue
		}
		fields := differenceOf(stored, requestOf(&a.item.Command))
		if len(fields) == 0 {
			continue
		}
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			parts = append(parts, fmt.Sprintf("%s is %q in transfer %d, %q in the record",
				name, fields[name].Stored, a.key.ID, fields[name].Received))
		}
		j.fault(a.item, false, strings.Join(parts, "; "))
	}
}

func (j *judging) fault(item *Item, missing bool, detail string) {
	id := item.Command.OrderID
	if item.Rejection != nil {
		id = item.Rejection.OrderID
	}
	j.Faults = append(j.Faults, Fault{Partition: item.Record.Partition, Offset: item.Record.Offset, OrderID: id,
		Missing: missing, Detail: detail})
}

// Span is a run of offsets of a row of table source: Start up to, and without, End.
type Span struct {
	SourceID   int32
	Start, End int64
}

// Decided calls each with every order that was decided by a record in the spans
// before a time. It reads the tables of orders whole.
func Decided(
	ctx context.Context, db Querier, spans []Span, before time.Time,
	each func(sourceID int32, offset int64, orderID []byte),
) error {
	n := len(spans)
	sources, starts, ends := make([]int32, n), make([]int64, n), make([]int64, n)
	for i, span := range spans {
		sources[i], starts[i], ends[i] = span.SourceID, span.Start, span.End
	}
	rows, err := db.Query(ctx, listDecidedSQL, sources, starts, ends, before)
	if err != nil {
		return fmt.Errorf("list decided orders: %w", err)
	}
	defer rows.Close()
	var sourceID int32
	var offset int64
	for rows.Next() {
		var orderID pgtype.DriverBytes
		if err := rows.Scan(&sourceID, &offset, &orderID); err != nil {
			return fmt.Errorf("list decided orders: %w", err)
		}
		each(sourceID, offset, orderID)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list decided orders: %w", err)
	}
	return nil
}

// Now is the database's time.
func Now(ctx context.Context, db RowQuerier) (now time.Time, err error) {
	if err := db.QueryRow(ctx, clockSQL).Scan(&now); err != nil {
		return now, fmt.Errorf("ask the database for the time: %w", err)
	}
	return now, nil
}
