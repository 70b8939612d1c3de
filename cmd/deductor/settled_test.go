package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/command"
	"deductor/consumer/settle"
	"deductor/internal/pgtest"
)

// databaseEnv is the environment of a command that needs a database alone.
func databaseEnv(t *testing.T) (map[string]string, *pgtest.DB) {
	t.Helper()
	db := pgtest.New(t)
	return map[string]string{"DEDUCTOR_DATABASE_URL": db.URL}, db
}

// settledEnv is databaseEnv with account alice (10.00 USD), where records with
// these values were settled: 40, 41, … of partition 3.
func settledEnv(t *testing.T, values ...string) (map[string]string, *pgtest.DB) {
	t.Helper()
	env, db := databaseEnv(t)
	mustRun(t, env, "account", "create", "alice", "--currency", "USD", "--balance", "10")
	const first = 40
	key := settle.Key{Group: "debits", Topic: "payments", Partition: 3}
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
			Key:       []byte("alice"),
			Value:     []byte(value),
			Headers:   []kgo.RecordHeader{{Key: "trace", Value: []byte{0xff, 0}}, {Key: "empty"}},
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
	return env, db
}

// nowadays is any time of this century, as commands write it.
var nowadays = regexp.MustCompile(`\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

// untimed replaces times, which each run has anew, by TIME.
func untimed(text string) string { return nowadays.ReplaceAllString(text, "TIME") }

// wantOutput compares what a command wrote, but for times.
func wantOutput(t *testing.T, got, want string) {
	t.Helper()
	if got = untimed(got); got != want {
		t.Errorf("stdout is\n%s\nwant\n%s", got, want)
	}
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
