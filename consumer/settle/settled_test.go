package settle_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/command"
	"deductor/consumer/settle"
	"deductor/internal/pgtest"
	"deductor/ledger"
)

// settled returns a database with accounts alice (10.00) and bob (5.00), in
// which the values were settled: records 40, 41, … of partition 3.
func settled(t *testing.T, values ...string) *pgtest.DB {
	t.Helper()
	db := pgtest.New(t)
	err := pgx.BeginFunc(t.Context(), db.Pool, func(tx pgx.Tx) error {
		_, err := ledger.Create(t.Context(), tx, []ledger.NewAccount{
			{Name: "alice", Currency: "USD", Kind: ledger.Customer, Balance: 1000},
			{Name: "bob", Currency: "USD", Kind: ledger.Customer, Balance: 500},
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	settleValues(t, db, values)
	return db
}

func settleValues(t *testing.T, db *pgtest.DB, values []string) {
	t.Helper()
	const first = 40
	key := settle.Key{Group: "workers", Topic: "payments", Partition: 3}
	end := first + int64(len(values))
	position, err := settle.Acquire(t.Context(), db.Pool, settle.Assignment{
		Key: key, Owner: "test", TopicID: [16]byte{1}, LogStart: first, LogEnd: end})
	if err != nil {
		t.Fatal(err)
	}
	slice := settle.Slice{Key: key, SourceID: position.SourceID, Epoch: position.Epoch,
		Start: position.Offset, End: end, LeaderEpoch: -1}
	for i, value := range values {
		item := settle.Item{Record: &kgo.Record{
			Offset:    first + int64(i),
			Timestamp: time.UnixMilli(1_700_000_000_123),
			Key:       []byte{0, 0xff},
			Value:     []byte(value),
			Headers:   []kgo.RecordHeader{{Key: "trace", Value: []byte("t1")}, {Key: "none"}},
		}}
		item.Command, item.Rejection = command.Decode(item.Record.Value)
		slice.Items = append(slice.Items, item)
	}
	settler := settle.NewSettler(settle.Config{Connect: func(ctx context.Context) (*pgx.Conn, error) {
		return pgx.Connect(ctx, db.URL)
	}})
	defer settler.Close()
	if _, err := settler.Settle(t.Context(), []settle.Slice{slice}); err != nil {
		t.Fatal(err)
	}
}
