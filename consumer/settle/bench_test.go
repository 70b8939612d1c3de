package settle_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"deductor/consumer/settle"
	"deductor/internal/pgtest"
	"deductor/ledger"
)

// tester is a [testing.T] or a [rapid.T].
type tester interface {
	rapid.TB
	Context() context.Context
	Cleanup(func())
}

// bench is a database with a settler on it. What a worker does is done under
// the role that has a worker's grants and no more; admin is the superuser.
type bench struct {
	t       tester
	admin   *pgxpool.Pool
	worker  *pgxpool.Pool
	config  *pgx.ConnConfig // the worker's
	settler *settle.Settler
	known   *ledger.Cache // what settlers take accounts for; nil for nothing
}

// newBench returns a bench with these accounts; a test fails when its settler
// meets trouble.
func newBench(t *testing.T, accounts ...ledger.NewAccount) *bench {
	t.Helper()
	db := pgtest.New(t)
	b := &bench{t: t, admin: db.Pool}
	var err error
	if b.config, err = pgx.ParseConfig(db.WorkerURL(t)); err != nil {
		t.Fatal(err)
	}
	if b.worker, err = pgxpool.New(t.Context(), db.WorkerURL(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.worker.Close)
	b.settler = settle.NewSettler(b.untroubled())
	t.Cleanup(b.settler.Close)
	b.open(accounts...)
	return b
}

// with returns the same bench on which another test works.
func (b *bench) with(t tester) *bench {
	other := *b
	other.t = t
	return &other
}

// connect opens a connection as workers do.
func (b *bench) connect(ctx context.Context) (*pgx.Conn, error) {
	return pgx.ConnectConfig(ctx, b.config)
}

// untroubled is a settler's configuration where trouble fails the test.
func (b *bench) untroubled() settle.Config {
	return settle.Config{
		Connect:   b.connect,
		Accounts:  b.known,
		OnTrouble: func(err error) { b.t.Errorf("the settler met trouble: %v", err) },
	}
}

// closing returns a settler that is closed when the test ends.
func closing(t *testing.T, config settle.Config) *settle.Settler {
	settler := settle.NewSettler(config)
	t.Cleanup(settler.Close)
	return settler
}

// customer is an account in USD.
func customer(name string, balance int64) ledger.NewAccount {
	return ledger.NewAccount{Name: name, Currency: "USD", Kind: ledger.Customer, Balance: balance}
}

func (b *bench) open(accounts ...ledger.NewAccount) {
	b.t.Helper()
	b.administer(func(tx pgx.Tx) error {
		_, err := ledger.Create(b.t.Context(), tx, accounts)
		return err
	})
}

// administer runs a transaction as the superuser.
func (b *bench) administer(do func(pgx.Tx) error) {
	b.t.Helper()
	if err := pgx.BeginFunc(b.t.Context(), b.admin, do); err != nil {
		b.t.Fatalf("administer: %v", err)
	}
}

// exec runs a statement as the superuser.
func (b *bench) exec(sql string, args ...any) {
	b.t.Helper()
	if _, err := b.admin.Exec(b.t.Context(), sql, args...); err != nil {
		b.t.Fatalf("%s: %v", sql, err)
	}
}

// settle settles a batch that nothing is in the way of.
func (b *bench) settle(batch ...settle.Slice) settle.Counts {
	b.t.Helper()
	return b.settleBy(b.settler, batch...)
}

func (b *bench) settleBy(settler *settle.Settler, batch ...settle.Slice) settle.Counts {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	counts, err := settler.Settle(ctx, batch)
	if err != nil {
		b.t.Fatalf("settle: %v", err)
	}
	return counts
}

// patience bounds how long a test waits for what must happen.
const patience = 20 * time.Second

// eventually waits until what is said comes true.
func (b *bench) eventually(what string, true func() bool) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !true() {
		select {
		case <-ctx.Done():
			b.t.Fatalf("waited %v in vain until %s", patience, what)
		case <-look.C:
		}
	}
}

// await receives what must come.
func await[T any](t *testing.T, what string, from <-chan T) (received T) {
	t.Helper()
	select {
	case received = <-from:
	case <-time.After(patience):
		t.Fatalf("waited %v in vain until %s", patience, what)
	}
	return received
}
