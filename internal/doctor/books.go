package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/dedupe"
	"deductor/ledger"
)

// lookAccounts finds whether each currency can be paid to.
func (l *look) lookAccounts(ctx context.Context, r *report) {
	rows, err := l.conn.Query(ctx, settlementsSQL)
	if err != nil {
		unanswered(ctx, r, err, "deductor account list")
		return
	}
	var currency string
	var there, open bool
	var well []string
	_, err = pgx.ForEachRow(rows, []any{&currency, &there, &open}, func() error {
		name := ledger.SettlementName(currency)
		switch {
		case !there:
			r.fail(fmt.Sprintf("deductor account create %s --currency %s --kind settlement", name, currency),
				"%s is missing: payments in %s without credit_account are declined", name, currency)
		case !open:
			r.warn("have the messages name another credit_account",
				"%s is closed: payments in %s without credit_account are declined", name, currency)
		default:
			well = append(well, currency)
		}
		return nil
	})
	switch {
	case err != nil:
		unanswered(ctx, r, err, "deductor account list")
	case well == nil && r.state == "":
		r.warn("deductor account import", "there are no customer accounts: every payment is declined")
	case well != nil:
		r.ok("a settlement account for %s", strings.Join(well, ", "))
	}
}

func (l *look) lookDeadLetters(ctx context.Context, r *report) {
	rows, err := l.conn.Query(ctx, deadLettersSQL)
	if err != nil {
		unanswered(ctx, r, err, "deductor deadletter list")
		return
	}
	var reason string
	var n, sum int
	var each []string
	_, err = pgx.ForEachRow(rows, []any{&reason, &n}, func() error {
		sum += n
		each = append(each, fmt.Sprintf("%s %d", reason, n))
		return nil
	})
	switch {
	case err != nil:
		unanswered(ctx, r, err, "deductor deadletter list")
	case sum > 0:
		r.warn("deductor deadletter list, then requeue or discard", "%d open: %s", sum, strings.Join(each, ", "))
	default:
		r.ok("none is open")
	}
}

// lookHorizon compares what was pruned with what the log still has.
func (l *look) lookHorizon(ctx context.Context, r *report) {
	recorded, err := dedupe.Horizons(ctx, l.conn)
	if err != nil {
		unanswered(ctx, r, err, "deductor dedupe status")
		return
	}
	inForce := dedupe.InForce(recorded)
	if inForce == nil {
		r.ok("none: order ids are remembered for ever")
		return
	}
	text := "orders from before " + inForce.Before.UTC().Format(time.RFC3339) + " may be forgotten"
	if l.topic == nil {
		r.ok("%s; not compared with the log, which can't be looked at", text)
		return
	}
	older, err := l.olderThan(ctx, inForce.Before)
	switch {
	case err != nil:
		unanswered(ctx, r, err, "deductor dedupe status")
	case len(older) > 0:
		r.warn("a command of these that was not settled yet becomes a dead letter, too_old: find out who sends "+
			"records that old; a horizon has to be further back than producers retry",
			"%s, and partitions %s hold records that are older", text, strings.Join(older, ", "))
	default:
		r.ok("%s, and the log holds nothing that old", text)
	}
}
