package dedupe

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// Pruner deletes old orders that can't come back. It knows which those are from
// two temporary tables of its connection, which the caller fills: where each
// source begins by now ([Pruner.Gone]), and the orders that are still to be
// known ([Pruner.Keep]).
//
// The caller records the horizon and commits ([RecordHorizon]) before it deletes
// ([Pruner.Run]). From then on whoever does not find an order compares the
// request's age with [Register.Horizon].
type Pruner struct {
	conn    *pgx.Conn
	indexed bool
}

// NewPruner makes the temporary tables, which end with the connection. A
// connection takes one pruner.
func NewPruner(ctx context.Context, conn *pgx.Conn) (*Pruner, error) {
	batch := &pgx.Batch{}
	batch.Queue(createKeptSQL)
	batch.Queue(createGoneSQL)
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("prepare to prune: %w", err)
	}
	return &Pruner{conn: conn}, nil
}

// Everything is the position that all of a source's requests are below.
const Everything = math.MaxInt64

// Gone says which requests can't come back: those of a source, by its id, below
// a position. An order whose source is not named here is never deleted, nor is
// one without a source.
func (p *Pruner) Gone(ctx context.Context, below map[int32]int64) error {
	rows := make([][]any, 0, len(below))
	for id, position := range below {
		rows = append(rows, []any{id, position})
	}
	_, err := p.conn.CopyFrom(ctx, pgx.Identifier{"pg_temp", "gone_source"}, []string{"source_id", "below"},
		pgx.CopyFromRows(rows))
	if err != nil {
		return fmt.Errorf("note what is gone: %w", err)
	}
	return nil
}

// Keep says that orders are still to be known. They may be named again.
func (p *Pruner) Keep(ctx context.Context, orderIDs []string) error {
	rows := pgx.CopyFromSlice(len(orderIDs), func(i int) ([]any, error) { return []any{orderIDs[i]}, nil })
	_, err := p.conn.CopyFrom(ctx, pgx.Identifier{"pg_temp", "kept_order"}, []string{"order_id"}, rows)
	if err != nil {
		return fmt.Errorf("note orders to keep: %w", err)
	}
	return nil
}

// Pruned is what became of the orders.
type Pruned struct {
	// Orders is how many were looked at: the sum of the next four.
	Orders int64
	// Young were processed at the time or after it.
	Young int64
	// Found are to be kept, or their own request is not gone.
	Found int64
	// Unjudged have no source, or one of which nothing was said.
	Unjudged int64
	// Prunable are the others.
	Prunable int64
	// Deleted are those of them that were deleted, Attempts their superseded
	// attempts.
	Deleted, Attempts int64
}

// chunkPages is how many pages one transaction looks at: some 14,000 orders.
const chunkPages = 200

// Run looks at all orders, in short transactions of its own, and deletes those
// that may go if execute is true. It can be interrupted and run again. The callback is told how many pages of how many
// were looked at.
func (p *Pruner) Run(
	ctx context.Context, before time.Time, execute bool, each func(done, pages int64),
) (total Pruned, err error) {
	if err := p.index(ctx); err != nil {
		return total, err
	}
	// Pages that are added from now on hold younger orders.
	var pages int64
	if err := p.conn.QueryRow(ctx, countPagesSQL).Scan(&pages); err != nil {
		return total, fmt.Errorf("prune: %w", err)
	}
	for first := int64(0); first < pages; first += chunkPages {
		end := min(first+chunkPages, pages)
		if err := p.chunk(ctx, before, execute, first, end, &total); err != nil {
			return total, fmt.Errorf("prune: %w", err)
		}
		each(end, pages)
	}
	return total, nil
}

func (p *Pruner) chunk(
	ctx context.Context, before time.Time, execute bool, first, end int64, total *Pruned,
) error {
	var n Pruned
	from, to := fmt.Sprintf("(%d,0)", first), fmt.Sprintf("(%d,0)", end)
	err := p.conn.QueryRow(ctx, pruneSQL, from, to, before, execute).
		Scan(&n.Orders, &n.Young, &n.Found, &n.Unjudged, &n.Prunable, &n.Deleted, &n.Attempts)
	if err != nil {
		return err
	}
	total.Orders += n.Orders
	total.Young += n.Young
	total.Found += n.Found
	total.Unjudged += n.Unjudged
	total.Prunable += n.Prunable
	total.Deleted += n.Deleted
	total.Attempts += n.Attempts
	return nil
}

// index makes the look-up of kept orders fast, once they were copied.
func (p *Pruner) index(ctx context.Context) error {
	if !p.indexed {
		if _, err := p.conn.Exec(ctx, indexKeptSQL); err != nil {
			return fmt.Errorf("index orders to keep: %w", err)
		}
		p.indexed = true
	}
	if _, err := p.conn.Exec(ctx, analyzeKeptSQL); err != nil {
		return fmt.Errorf("index orders to keep: %w", err)
	}
	return nil
}
