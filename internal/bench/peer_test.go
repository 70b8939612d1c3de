package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go"

	"deductor/consumer/command"
	"deductor/internal/pgtest"
)

// newPeer opens a peer's books with ten accounts that hold 1,000 each.
func newPeer(t *testing.T, p peer) (*peer, *pgtest.DB) {
	t.Helper()
	db := pgtest.NewEmpty(t)
	if _, err := db.Pool.Exec(t.Context(), peerSchemaSQL); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Pool.Exec(t.Context(), peerAccountsSQL, accountPrefix, currencyCode, 10, 1000); err != nil {
		t.Fatal(err)
	}
	if err := p.open(t.Context(), &books{url: db.URL}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.pool.Close)
	return &p, db
}

func newOrder(t *testing.T, id string, account int, amount int64) order {
	t.Helper()
	value, err := command.Encode(command.Command{
		OrderID: id, Account: fmt.Sprint(accountPrefix, account), Amount: amount, Currency: currencyCode,
	})
	if err != nil {
		t.Fatal(err)
	}
	o, err := decode(kafka.Message{Value: value, Partition: 3, Offset: 17})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func payEach(ctx context.Context, p *peer, orders []order) error {
	for i := range orders {
		if err := p.pay(ctx, &orders[i]); err != nil {
			return err
		}
	}
	return nil
}

func payTogether(ctx context.Context, p *peer, orders []order) error { return p.payAll(ctx, orders) }

func TestPeersKeepTheirBooks(t *testing.T) {
	t.Parallel()
	for name, pay := range map[string]func(context.Context, *peer, []order) error{"each": payEach, "batch": payTogether} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, db := newPeer(t, newBatched(8))
			orders := []order{
				newOrder(t, "a", 1, 600), newOrder(t, "b", 1, 300), newOrder(t, "c", 2, 5), newOrder(t, "a", 1, 600),
			}
			for range 2 { // the second time all are known
				if err := pay(t.Context(), p, orders); err != nil {
					t.Fatal(err)
				}
			}
			conn := pgtest.Conn(t, db.URL)
			if err := auditPeer(t.Context(), conn, "it", content{orders: 3, amount: 905}); err != nil {
				t.Error(err)
			}
			// The next ones ask for more than there is: one of them is declined.
			more := []order{newOrder(t, "d", 1, 90), newOrder(t, "e", 1, 90), newOrder(t, "f", 3, 1)}
			if err := pay(t.Context(), p, more); err != nil {
				t.Fatal(err)
			}
			var declined, left int
			err := db.Pool.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM processed WHERE outcome = 2 AND order_id = 'e'),"+
				" (SELECT balance FROM account WHERE name = 'customer-1')").Scan(&declined, &left)
			if err != nil || declined != 1 || left != 10 {
				t.Errorf("%d declined, %d left, error %v", declined, left, err)
			}
		})
	}
}

func TestWrongBooksOfAPeerAreSeen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ tamper, problem string }{
		{"UPDATE account SET balance = balance - 1 WHERE name = 'customer-4'", "wrong balances: 1, not 0"},
		{"DELETE FROM transfer", "transfers: 0, not 1"},
		{"UPDATE transfer SET reference = 'b'", "transfers without an order: 1, not 0"},
		{"UPDATE transfer SET amount = 8", "minor units moved: 8, not 7"},
		{"DELETE FROM processed", "applied orders: 0, not 1"},
		{"UPDATE processed SET outcome = 2", "declined orders: 1, not 0"},
	} {
		t.Run(c.tamper, func(t *testing.T) {
			t.Parallel()
			p, db := newPeer(t, newNaive(1))
			o := newOrder(t, "a", 4, 7)
			if err := p.pay(t.Context(), &o); err != nil {
				t.Fatal(err)
			}
			conn, want := pgtest.Conn(t, db.URL), content{orders: 1, amount: 7}
			if err := auditPeer(t.Context(), conn, "it", want); err != nil {
				t.Fatal(err)
			}
			if tag, err := conn.Exec(t.Context(), c.tamper); err != nil || tag.RowsAffected() != 1 {
				t.Fatalf("%v, error %v", tag, err)
			}
			err := auditPeer(t.Context(), conn, "it", want)
			if !errors.As(err, new(*VoidError)) || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("error %v, want %q", err, c.problem)
			}
		})
	}
}
