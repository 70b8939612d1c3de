package settle

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/command"
	"deductor/dedupe"
	"deductor/ledger"
)

// conflict is a command whose order is known with another fingerprint.
type conflict struct {
	letter int // its place in deadLetters
	cmd    *command.Command
	stored *dedupe.Record
}

// explainConflicts says in each conflict's dead letter which fields differ. It
// asks the database only when there is a conflict, which is rare.
func (t *transaction) explainConflicts(ctx context.Context, conn *pgx.Conn) error {
	var keys []ledger.TransferKey
	for i := range t.conflicts {
		if stored := t.conflicts[i].stored; stored.Outcome == dedupe.Applied {
			keys = append(keys, ledger.TransferKey{DebitAccount: stored.Ref.Owner, ID: stored.Ref.ID})
		}
	}
	requests, err := storedRequests(ctx, conn, keys)
	if err != nil {
		return err
	}
	for i := range t.conflicts {
		c := &t.conflicts[i]
		var fields difference
		if stored, known := t.requestBehind(c.stored, requests); known {
			fields = differenceOf(stored, requestOf(c.cmd))
		}
		t.deadLetters[c.letter].explain(c.cmd, fields)
	}
	return nil
}

// explain makes the conflict's rejection. Without fields it is not known what
// the order was: that it is in the way is enough to set the command aside.
func (d *deadLetter) explain(cmd *command.Command, fields difference) {
	d.rejection = &command.Rejection{
		Reason:  command.ReasonOrderConflict,
		Detail:  "the order is known with something else that is not to be found: run deductor audit",
		OrderID: cmd.OrderID,
		Account: cmd.Account,
	}
	if len(fields) == 0 {
		return
	}
	encoded, err := json.Marshal(fields)
	if err != nil {
		panic(err) // a map of strings always encodes
	}
	d.difference = encoded
	d.rejection.Detail = "the order is known with another " +
		strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
}

// requestBehind returns what a recorded answer was asked for: kept with a
// decline, told by the transfer of an applied order, or, when that was decided
// in this very batch, found there. It is not known when another service that
// shares the orders wrote it, or when the books are damaged.
func (t *transaction) requestBehind(
	stored *dedupe.Record, requests map[ledger.TransferKey]request,
) (r request, known bool) {
	if stored.Outcome == dedupe.Declined {
		err := json.Unmarshal(stored.Request, &r)
		return r, err == nil
	}
	key := ledger.TransferKey{DebitAccount: stored.Ref.Owner, ID: stored.Ref.ID}
	if r, found := requests[key]; found {
		return r, true
	}
	for i := range t.batch {
		for j := range t.batch[i].Items {
			cmd := &t.batch[i].Items[j].Command
			if cmd.OrderID == stored.OrderID && fingerprintOf(cmd) == stored.Fingerprint {
				return requestOf(cmd), true
			}
		}
	}
	return request{}, false
}

// storedRequests tells what transfers were made for.
func storedRequests(
	ctx context.Context, db ledger.Querier, keys []ledger.TransferKey,
) (map[ledger.TransferKey]request, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	transfers, err := ledger.GetTransfers(ctx, db, keys...)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, 0, 2*len(transfers))
	for _, transfer := range transfers {
		ids = append(ids, transfer.DebitAccount, transfer.CreditAccount)
	}
	accounts, err := ledger.GetByID(ctx, db, ids...)
	if err != nil {
		return nil, err
	}
	requests := make(map[ledger.TransferKey]request, len(transfers))
	for key, transfer := range transfers {
		requests[key] = request{
			Account:       accounts[transfer.DebitAccount].Name,
			CreditAccount: accounts[transfer.CreditAccount].Name,
			AmountMinor:   strconv.FormatInt(transfer.Amount, 10),
			Currency:      accounts[transfer.DebitAccount].Currency,
		}
	}
	return requests, nil
}
