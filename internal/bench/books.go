package bench

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"deductor/internal/migrate"
)

// books is a schema of the benchmark's own with a ledger in it.
type books struct {
	place   *place
	schema  string
	url     string // with the schema as the search path
	conn    *pgx.Conn
	dropped bool
}

// openBooks makes a schema and has its tables made.
func (p *place) openBooks(ctx context.Context, name string, fill func(context.Context, *books) error) (*books, error) {
	b := &books{place: p, schema: strings.ReplaceAll(fmt.Sprintf("%s_%s_%d", p.name, name, len(p.schemas)+1), "-", "_")}
	b.url = withSearchPath(p.database, b.schema)
	p.schemas = append(p.schemas, b)
	var err error
	if _, err = p.conn.Exec(ctx, "CREATE SCHEMA "+b.schema); err != nil {
		return nil, fmt.Errorf("create schema %s: %w", b.schema, err)
	}
	if b.conn, err = p.connect(ctx, b.url); err != nil {
		return nil, err
	}
	if err := fill(ctx, b); err != nil {
		return nil, fmt.Errorf("schema %s: %w", b.schema, err)
	}
	return b, nil
}

// openLedger makes a schema with this program's tables and what the workload
// needs in them.
func (p *place) openLedger(ctx context.Context, name string, w *workload) (*books, error) {
	return p.openBooks(ctx, name, func(ctx context.Context, b *books) error {
		if _, err := migrate.Up(ctx, b.conn); err != nil {
			return err
		}
		return w.open(ctx, b.conn)
	})
}

// drop removes the schema and all in it. It may be called again.
func (b *books) drop(ctx context.Context) error {
	if b.dropped {
		return nil
	}
	b.dropped = true
	if b.conn != nil {
		_ = b.conn.Close(ctx) // what it did was committed
	}
	// A connection that was interrupted is of no use any more.
	conn := b.place.conn
	if conn.IsClosed() {
		var err error
		if conn, err = b.place.connect(ctx, b.place.database); err != nil {
			return fmt.Errorf("drop schema %s: %w", b.schema, err)
		}
		b.place.conn = conn
	}
	if _, err := conn.Exec(ctx, "DROP SCHEMA IF EXISTS "+b.schema+" CASCADE"); err != nil {
		return fmt.Errorf("drop schema %s: %w", b.schema, err)
	}
	return nil
}
