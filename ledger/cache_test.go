package ledger_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"deductor/internal/pgtest"
	"deductor/ledger"
)

// guesser posts payments on what a cache knows of their accounts.
type guesser struct {
	db    *pgxpool.Pool
	cache *ledger.Cache
	ids   ledger.IDs
}

// post returns how each payment was decided, and how many statements read accounts or took
// ids for it. The decisions count for nothing when there is an error.
func (g *guesser) post(ctx context.Context, payments ...ledger.Payment) (decisions []error, reads int, err error) {
	book, decisions, reads, err := g.postOnly(ctx, payments...)
	if err == nil {
		g.cache.Keep(book)
	}
	return decisions, reads, err
}

// postOnly leaves it to the caller to keep what became of the book's accounts.
func (g *guesser) postOnly(ctx context.Context, payments ...ledger.Payment) (
	book *ledger.Book, decisions []error, reads int, err error,
) {
	book = ledger.NewBook(&g.ids, 0)
	err = pgx.BeginFunc(ctx, g.db, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		if err := book.QueueGuess(batch, payments, g.cache); err != nil {
			return err
		}
		reads = batch.Len()
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		for _, payment := range payments {
			_, err := book.Transfer(payment)
			decisions = append(decisions, err)
		}
		return book.Post(ctx, tx)
	})
	return book, decisions, reads, err
}

// want posts payments that are decided like this.
func (g *guesser) want(t *testing.T, decision error, payments ...ledger.Payment) (reads int) {
	t.Helper()
	decisions, reads, err := g.post(t.Context(), payments...)
	if err != nil {
		t.Fatal(err)
	}
	for i, payment := range payments {
		if !errors.Is(decisions[i], decision) {
			t.Errorf("%+v: %v, want %v", payment, decisions[i], decision)
		}
	}
	return reads
}

func TestGuessedAccountsAreNotRead(t *testing.T) {
	t.Parallel()
	g := &guesser{db: bank(t, customer("alice", 10), customer("bob", 0)), cache: ledger.NewCache()}
	if reads := g.want(t, nil, payTo("alice", "bob", 4)); reads != 3 {
		t.Errorf("%d statements at first, want those for customers, settlement accounts and ids", reads)
	}
	back, and, again := payTo("bob", "alice", 3), payTo("alice", "bob", 9), payTo("bob", "alice", 10)
	for _, payment := range []ledger.Payment{back, and, again} {
		if reads := g.want(t, nil, payment); reads != 1 {
			t.Errorf("%d statements for accounts that are known, want the one for settlement accounts", reads)
		}
	}
	g.want(t, ledger.InsufficientFunds, payTo("bob", "alice", 1))
	g.want(t, ledger.CurrencyMismatch, ledger.Payment{Account: "alice", CreditAccount: "bob", Currency: "EUR", Amount: 1})
	wantBalances(t, g.db, map[string]int64{"alice": 10, "bob": 0})
	wantSound(t, g.db)
}

// Whatever a guess is wrong about, nothing is decided by it.
func TestPromise5_GuessesAreProven(t *testing.T) {
	t.Parallel()
	dear, toBob := pay("alice", 60), payTo("alice", "bob", 60)
	foreign := dear
	foreign.Currency = "EUR"
	for name, test := range map[string]struct {
		payment   ledger.Payment
		meanwhile string
		decision  error // once it is read
	}{
		"the money is gone":    {dear, "UPDATE account SET balance = 0 WHERE name = 'alice'", ledger.InsufficientFunds},
		"the money has come":   {pay("alice", 200), "UPDATE account SET balance = 300 WHERE name = 'alice'", nil},
		"it is closed":         {dear, "UPDATE account SET closed_at = now() WHERE name = 'alice'", ledger.AccountClosed},
		"it is in euros now":   {dear, "UPDATE account SET currency = 'EUR' WHERE name = 'alice'", ledger.CurrencyMismatch},
		"the limit is higher":  {pay("alice", 200), "UPDATE account SET overdraft_limit = 100 WHERE name = 'alice'", nil},
		"the limit is lower":   {pay("alice", 110), "UPDATE account SET overdraft_limit = 0", ledger.InsufficientFunds},
		"there is none":        {dear, "DELETE FROM account WHERE name = 'alice'", ledger.AccountNotFound},
		"it has another name":  {dear, "UPDATE account SET name = 'alicia' WHERE name = 'alice'", ledger.AccountNotFound},
		"the names change":     {dear, "UPDATE account SET name = name || name", ledger.AccountNotFound},
		"a mismatch is none":   {foreign, "UPDATE account SET currency = 'EUR'", nil},
		"who is paid is gone":  {toBob, "DELETE FROM account WHERE name = 'bob'", ledger.AccountNotFound},
		"who is paid is rich":  {toBob, "UPDATE account SET balance = 9223372036854775800 WHERE name = 'bob'", nil},
		"who is paid is other": {toBob, "UPDATE account SET name = 'robert' WHERE name = 'bob'", ledger.AccountNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alice := ledger.NewAccount{Name: "alice", Currency: "USD", Kind: ledger.Customer, Balance: 100, OverdraftLimit: 20}
			g := &guesser{db: bank(t, alice, customer("bob", 0)), cache: ledger.NewCache()}
			g.want(t, nil, payTo("alice", "bob", 1), payTo("bob", "alice", 1))
			if _, err := g.db.Exec(t.Context(), test.meanwhile); err != nil {
				t.Fatal(err)
			}
			_, _, err := g.post(t.Context(), test.payment)
			wantRefused(t, err, "P0004", "")
			if n := number(t, g.db, "SELECT count(*) FROM transfer"); n != 2 {
				t.Errorf("%d transfers are stored, want 2", n)
			}
			g.cache = ledger.NewCache() // as it is read
			decisions, _, err := g.post(t.Context(), test.payment)
			var overflow *ledger.OverflowError
			if err != nil || !errors.Is(decisions[0], test.decision) && !errors.As(decisions[0], &overflow) {
				t.Errorf("it is decided %v (%v), want %v", decisions, err, test.decision)
			}
		})
	}
}

// Payments on guesses are decided as one after the other, or fail. All the while others
// pay, and the database is put back: the cache is that of earlier histories.
func TestPromise5_BooksThatGuessBalance(t *testing.T) {
	t.Parallel()
	g := &guesser{db: pgtest.New(t).Pool, cache: ledger.NewCache()}
	held, failed := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		b, accounts := opening(rt)
		if err := reopen(t.Context(), g.db, b, accounts); err != nil {
			rt.Fatal(err)
		}
		for range rapid.IntRange(1, 6).Draw(rt, "books") {
			drawn := payments.Draw(rt, "payments")
			if rapid.IntRange(0, 3).Draw(rt, "by whom") == 0 { // another worker
				other := &guesser{db: g.db, cache: ledger.NewCache()}
				decisions, _, err := other.post(t.Context(), drawn...)
				wantAs(rt, b, drawn, decisions, err)
				continue
			}
			decisions, _, err := g.post(t.Context(), drawn...)
			var refused *pgconn.PgError
			if errors.As(err, &refused) && refused.Code == "P0004" {
				failed++
				reading := &guesser{db: g.db, cache: ledger.NewCache()}
				decisions, _, err = reading.post(t.Context(), drawn...)
			} else {
				held++
			}
			wantAs(rt, b, drawn, decisions, err)
		}
		compare(t.Context(), rt, g.db, b)
	})
	if held == 0 || failed == 0 {
		t.Errorf("%d books held and %d failed, want some of both", held, failed)
	}
}

// wantAs compares decisions with those of the model, which makes them, too.
func wantAs(rt *rapid.T, b *books, payments []ledger.Payment, decisions []error, err error) {
	if err != nil {
		rt.Fatal(err)
	}
	for i, payment := range payments {
		if want := b.decide(payment); !errors.Is(decisions[i], want) {
			rt.Fatalf("%+v: %v, want %v", payment, decisions[i], want)
		}
	}
}

// Several lanes guess the same account at the same time: what each of them moved counts.
func TestCacheAddsUpWhatLanesMove(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 100))
	g := &guesser{db: db, cache: ledger.NewCache()}
	g.want(t, nil, pay("alice", 1))
	books := make([]*ledger.Book, 3)
	for i := range books {
		var err error
		if books[i], _, _, err = g.postOnly(t.Context(), pay("alice", 10)); err != nil {
			t.Fatal(err)
		}
	}
	for _, book := range books {
		g.cache.Keep(book)
	}
	g.want(t, nil, pay("alice", 69))
	g.want(t, ledger.InsufficientFunds, pay("alice", 1))
	wantBalances(t, db, map[string]int64{"alice": 0})
}
