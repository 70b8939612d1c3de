package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"deductor/internal/pgtest"
	"deductor/ledger"
)

// noon is when the transfers of these tests begin to be posted.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// minute is that many minutes after noon.
func minute(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

// story is an account with all its entries, as a test knows them.
type story struct {
	account ledger.Account
	entries []ledger.Entry // in the order of their ids, without balances
}

// statement is what [ledger.ReadStatement] has to say, by adding up all.
func (s story) statement(r ledger.Range) ledger.Statement {
	want := ledger.Statement{Account: s.account, Opening: s.account.OpeningBalance, Entries: []ledger.Entry{}}
	end := s.account.Balance
	for _, e := range s.entries {
		inTime := (r.From.IsZero() || !e.PostedAt.Before(r.From)) && (r.To.IsZero() || e.PostedAt.Before(r.To))
		switch {
		case !r.From.IsZero() && e.PostedAt.Before(r.From), inTime && e.TransferID <= r.After:
			want.Opening += e.Amount
		case !r.To.IsZero() && !e.PostedAt.Before(r.To), inTime && r.Before > 0 && e.TransferID >= r.Before:
			end -= e.Amount
		default:
			want.Entries = append(want.Entries, e)
		}
	}
	if want.More = len(want.Entries) > r.Limit; want.More && r.Last {
		for _, e := range want.Entries[:len(want.Entries)-r.Limit] {
			want.Opening += e.Amount
		}
		want.Entries = want.Entries[len(want.Entries)-r.Limit:]
	} else if want.More {
		want.Entries = want.Entries[:r.Limit]
	}
	want.Closing = want.Opening
	for i := range want.Entries {
		want.Closing += want.Entries[i].Amount
		want.Entries[i].Balance = want.Closing
	}
	return want
}

// stories reads the tables whole.
func stories(ctx context.Context, db *pgxpool.Pool) (map[string]story, error) {
	accounts, err := ledger.List(ctx, db, "", 100)
	if err != nil {
		return nil, err
	}
	told, names := make(map[string]story), make(map[int64]string)
	for _, a := range accounts {
		told[a.Name], names[a.ID] = story{account: a}, a.Name
	}
	rows, err := db.Query(ctx,
		"SELECT id, posted_at, amount, debit_account, credit_account, reference FROM transfer ORDER BY id")
	if err != nil {
		return nil, err
	}
	var e ledger.Entry
	var debit, credit int64
	targets := []any{&e.TransferID, &e.PostedAt, &e.Amount, &debit, &credit, &e.Reference}
	_, err = pgx.ForEachRow(rows, targets, func() error {
		payer, payee := told[names[debit]], told[names[credit]]
		e.Counterparty = payer.account.Name
		payee.entries = append(payee.entries, e)
		e.Counterparty, e.Amount = payee.account.Name, -e.Amount
		payer.entries = append(payer.entries, e)
		told[payer.account.Name], told[payee.account.Name] = payer, payee
		return nil
	})
	return told, err
}

// ranges are within and beyond what the tests post.
var ranges = rapid.Custom(func(rt *rapid.T) ledger.Range {
	r := ledger.Range{Limit: rapid.IntRange(1, 9).Draw(rt, "limit"), Last: rapid.Bool().Draw(rt, "last"), Scan: true}
	r.After = rapid.SampledFrom([]int64{0, 0, 1, 4, 9, 1<<63 - 1}).Draw(rt, "after")
	r.Before = rapid.SampledFrom([]int64{0, 0, 1, 6, 11, 1<<63 - 1}).Draw(rt, "before")
	if rapid.Bool().Draw(rt, "from a time") {
		r.From = minute(rapid.IntRange(-1, 6).Draw(rt, "from"))
	}
	if rapid.Bool().Draw(rt, "to a time") {
		r.To = minute(rapid.IntRange(-1, 6).Draw(rt, "to"))
	}
	return r
}).Filter(func(r ledger.Range) bool {
	return (r.Before == 0 || r.Before > r.After) && (r.From.IsZero() || r.To.IsZero() || r.From.Before(r.To))
})

func TestPromise5_StatementsEndInTheBalance(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	rapid.Check(t, func(rt *rapid.T) {
		b, accounts := opening(rt)
		if err := reopen(t.Context(), db, b, accounts); err != nil {
			rt.Fatal(err)
		}
		ids := &ledger.IDs{}
		for range rapid.IntRange(1, 3).Draw(rt, "books") {
			if err := pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error {
				return keep(t.Context(), rt, tx, ledger.NewBook(ids, 0), b)
			}); err != nil {
				rt.Fatal(err)
			}
		}
		// Small ids, and times that know nothing of their order.
		if _, err := db.Exec(t.Context(), `UPDATE transfer t SET id = n.nth, posted_at = $1::timestamptz
			+ mod(hashint8(n.nth) & 1023, 6) * interval '1 minute'
			FROM (SELECT id, row_number() OVER (ORDER BY id) AS nth FROM transfer) AS n WHERE n.id = t.id`, noon); err != nil {
			rt.Fatal(err)
		}
		told, err := stories(t.Context(), db)
		if err != nil {
			rt.Fatal(err)
		}
		for name, s := range told {
			r := ranges.Draw(rt, "range")
			got, err := ledger.ReadStatement(t.Context(), db, name, r)
			if err != nil {
				rt.Fatal(err)
			}
			wantStatement(rt, r, got, s.statement(r))
			wantPages(t.Context(), rt, db, s, r.Limit)
			wantBalanceAt(t.Context(), rt, db, s, minute(rapid.IntRange(-1, 6).Draw(rt, "at")))
		}
	})
}

func wantStatement(rt *rapid.T, r ledger.Range, got, want ledger.Statement) {
	same := slices.EqualFunc(got.Entries, want.Entries, func(a, b ledger.Entry) bool {
		at := a.PostedAt.Equal(b.PostedAt)
		a.PostedAt = b.PostedAt
		return at && a == b
	})
	if !same || got.Opening != want.Opening || got.Closing != want.Closing || got.More != want.More {
		rt.Errorf("%+v of %s is\n%+v, want\n%+v", r, want.Account.Name, got, want)
	}
}

// wantPages walks from the opening balance to today's and back.
func wantPages(ctx context.Context, rt *rapid.T, db *pgxpool.Pool, s story, limit int) {
	balance, after, seen := s.account.OpeningBalance, int64(0), 0
	for more := true; more; {
		page, err := ledger.ReadStatement(ctx, db, s.account.Name, ledger.Range{After: after, Limit: limit, Scan: true})
		if err != nil {
			rt.Fatal(err)
		}
		if page.Opening != balance {
			rt.Errorf("%s: the page after %d opens with %d, the one before closed with %d",
				s.account.Name, after, page.Opening, balance)
		}
		if balance, more = page.Closing, page.More; more {
			after = page.Entries[limit-1].TransferID
		}
		seen += len(page.Entries)
	}
	if balance != s.account.Balance || seen != len(s.entries) {
		rt.Errorf("%s: %d entries lead to %d, want %d and %d",
			s.account.Name, seen, balance, len(s.entries), s.account.Balance)
	}
	before := int64(0)
	for more := true; more; {
		page, err := ledger.ReadStatement(ctx, db, s.account.Name,
			ledger.Range{Before: before, Limit: limit, Scan: true, Last: true})
		if err != nil {
			rt.Fatal(err)
		}
		if page.Closing != balance {
			rt.Errorf("%s: the page before %d closes with %d, want %d", s.account.Name, before, page.Closing, balance)
		}
		if balance, more = page.Opening, page.More; more {
			before = page.Entries[0].TransferID
		}
	}
	if balance != s.account.OpeningBalance {
		rt.Errorf("%s: back at the beginning with %d, want %d", s.account.Name, balance, s.account.OpeningBalance)
	}
}

func wantBalanceAt(ctx context.Context, rt *rapid.T, db *pgxpool.Pool, s story, at time.Time) {
	want := s.account.OpeningBalance
	for _, e := range s.entries {
		if !e.PostedAt.After(at) {
			want += e.Amount
		}
	}
	if got, err := ledger.BalanceAt(ctx, db, s.account.Name, at, true); err != nil || got != want {
		rt.Errorf("%s held %d at %v, %v, want %d", s.account.Name, got, at, err, want)
	}
}

func TestStatementErrors(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 10))
	for name, want := range map[string]error{"nobody": ledger.ErrAccountUnknown, usd: ledger.ErrNeedsScan} {
		_, err := ledger.ReadStatement(t.Context(), db, name, ledger.Range{Limit: 1})
		_, errAt := ledger.BalanceAt(t.Context(), db, name, noon, false)
		if !errors.Is(err, want) || !errors.Is(errAt, want) {
			t.Errorf("%s: %v and %v, want %v", name, err, errAt, want)
		}
	}
}

func TestLatestTransfers(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 1000), customer("bob", 0))
	if got, err := ledger.LatestTransfers(t.Context(), db, 3); err != nil || len(got) != 0 {
		t.Errorf("of none: %v, %v", got, err)
	}
	for i := range 5 {
		if err := post(t.Context(), db, ledger.Payment{Account: "alice", CreditAccount: "bob", Currency: "USD",
			Amount: int64(i + 1), Reference: fmt.Sprint("order ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ledger.LatestTransfers(t.Context(), db, 3)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range got {
		lines = append(lines,
			fmt.Sprintf("%s: %d %s from %s to %s", p.Reference, p.Amount, p.Currency, p.Account, p.CreditAccount))
	}
	want := []string{"order 4: 5 USD from alice to bob", "order 3: 4 USD from alice to bob",
		"order 2: 3 USD from alice to bob"}
	if !slices.Equal(lines, want) {
		t.Errorf("the latest are\n%q, want\n%q", lines, want)
	}
}

// Transactions that failed may have left the table's end without a transfer.
func TestLatestTransfersLooksFurtherBack(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 1000))
	if err := post(t.Context(), db, pay("alice", 7)); err != nil {
		t.Fatal(err)
	}
	const fill = `INSERT INTO transfer (id, debit_account, credit_account, amount, reference)
		SELECT 100000 + i, 1, 2, 1, repeat('x', 100) FROM generate_series(1, 10000) AS i`
	failed := pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), fill); err != nil {
			t.Error(err)
		}
		return errRollback
	})
	got, err := ledger.LatestTransfers(t.Context(), db, 1)
	if err != nil || !errors.Is(failed, errRollback) || len(got) != 1 || got[0].Amount != 7 {
		t.Errorf("the latest are %+v, %v, %v", got, err, failed)
	}
}

func TestListByPrefix(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("al", 0), customer("alice", 0), customer("alicé", 0), customer("alì", 0), customer("bob", 0),
		customer("%", 0), customer("a\U0010ffff", 0))
	for _, row := range []struct {
		prefix, after string
		want          []string
	}{
		{"al", "", []string{"al", "alice", "alicé", "alì"}},
		{"alic", "", []string{"alice", "alicé"}},
		{"al", "alice", []string{"alicé", "alì"}},
		{"a", "alì", []string{"a\U0010ffff"}},
		{"%", "", []string{"%"}},
		{"c", "", nil},
		{"", "alì", []string{"a\U0010ffff", "bob", usd}},
	} {
		found, err := ledger.ListByPrefix(t.Context(), db, row.prefix, row.after, 10)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, account := range found {
			names = append(names, account.Name)
		}
		if !slices.Equal(names, row.want) {
			t.Errorf("%q after %q: %q, want %q", row.prefix, row.after, names, row.want)
		}
	}
}
