package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Posted is a transfer with its accounts' names.
type Posted struct {
	// ID is the transfer's.
	ID int64
	// PostedAt is when the posting transaction began.
	PostedAt time.Time
	// Amount is in minor units and positive.
	Amount int64
	// Account paid, CreditAccount was paid.
	Account, CreditAccount string
	// Currency is that of both.
	Currency string
	// Reference says what it was for: the order id.
	Reference string
}

// latestPages are how many pages of the table's end are read: more, when those
// hold fewer transfers than were asked for, as after transactions that failed.
var latestPages = []int64{64, 512, 4096}

// LatestTransfers returns up to limit transfers of those written last, the newest
// first. No index has them: it reads the end of the table, some thousands of
// transfers, whatever its size. There is no next page.
func LatestTransfers(ctx context.Context, db Querier, limit int) (latest []Posted, err error) {
	for _, pages := range latestPages {
		rows, err := db.Query(ctx, listLatestTransfersSQL, limit, pages)
		if err != nil {
			return nil, fmt.Errorf("list the latest transfers: %w", err)
		}
		if latest, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Posted]); err != nil {
			return nil, fmt.Errorf("list the latest transfers: %w", err)
		}
		if len(latest) == limit {
			break
		}
	}
	return latest, nil
}
