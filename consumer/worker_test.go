package consumer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/intake"
	"deductor/consumer/settle"
)

// produceShuffled writes each order three times, to random partitions.
func (b *bundle) produceShuffled(t *testing.T, orders int, partitions int32) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var messages []string
	for i := range orders {
		message := order(fmt.Sprintf("order-%d", i), fmt.Sprintf("acct-%d", i%10))
		messages = append(messages, message, message, message)
	}
	random.Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })
	split := make(map[int32][]string)
	for _, message := range messages {
		partition := random.Int32N(partitions)
		split[partition] = append(split[partition], message)
	}
	for partition, values := range split {
		b.kafka.Produce(t, partition, values...)
	}
}

func TestPromise1_SeveralWorkersDebitOnce(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 4)
	b.produceShuffled(t, 300, 4)
	b.run(t, "worker-1")
	b.run(t, "worker-2")
	b.run(t, "worker-3")
	b.awaitSettled(t)
	b.wantTransfers(t, 300)
}

// Two workers that both believe that all partitions are theirs, as after a long
// pause: whichever is fenced, nothing is done twice or left out.
func TestPromise1_WorkersThatShareAPartitionDebitOnce(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 2)
	b.produceShuffled(t, 300, 2)
	for _, name := range []string{"worker-1", "zombie"} {
		w := b.worker(t, name, func(c *Config) { c.BatchMax = 20 })
		w.members = everything{0, 1}
		start(t, w)
	}
	b.awaitSettled(t)
	b.wantTransfers(t, 300)
}

func TestPromise2_EverySingleRecordBatchIsSettled(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 2)
	b.produceShuffled(t, 50, 2)
	start(t, b.worker(t, "worker-1", func(c *Config) { c.BatchMax = 1 }))
	b.awaitSettled(t)
	if n := b.count(t, "processed WHERE outcome = 1"); n != 50 {
		t.Errorf("%d applied of 50 orders", n)
	}
	b.audit(t)
}

func TestPromise2_RetentionGapHaltsOnePartition(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 2)
	for i := range 10 {
		b.kafka.Produce(t, 0, order(fmt.Sprintf("old-%d", i), "acct-0"))
		b.kafka.Produce(t, 1, order(fmt.Sprintf("neighbour-%d", i), "acct-1"))
	}
	stop := b.run(t, "worker-1")
	b.awaitSettled(t)
	stop()
	for i := range 10 {
		b.kafka.Produce(t, 0, order(fmt.Sprintf("new-%d", i), "acct-0"))
		b.kafka.Produce(t, 1, order(fmt.Sprintf("more-%d", i), "acct-1"))
	}
	if err := b.kafka.Cluster.DeleteRecords(b.kafka.Topic, 0, 15); err != nil {
		t.Fatal(err)
	}
	w := b.worker(t, "worker-2", nil)
	start(t, w)
	await(t, "the halt", func() (bool, string) {
		return b.count(t, "partition_halt WHERE cleared_at IS NULL AND reason = $1", settle.HaltRetentionGap) == 1, "none"
	})
	await(t, "the neighbour", func() (bool, string) {
		return b.watermarks(t)[1] == 20, fmt.Sprint(b.watermarks(t))
	})
	await(t, "the halt in the checks", func() (bool, string) {
		return strings.Contains(fmt.Sprint(w.Checks()), "halted: "+settle.HaltRetentionGap), fmt.Sprint(w.Checks())
	})
	if err := w.Ready(); err != nil {
		t.Errorf("a halted partition makes the worker not ready: %v", err)
	}
	b.intervene(t, settle.Skip, 0, 15)
	b.awaitSettled(t)
	if n := b.count(t, "transfer"); n != 35 {
		t.Errorf("%d transfers, want 35: 5 of the 40 were cut off", n)
	}
	await(t, "the intervention to end", func() (bool, string) {
		return b.count(t, "partition_intervention WHERE done_at IS NOT NULL") == 1, "it is pending"
	})
	b.audit(t)
}

func TestPromise3_ReplayGivesTheSameAnswers(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 2)
	b.produceShuffled(t, 100, 2)
	b.kafka.Produce(t, 0, order("unknown", "nobody"))
	stop := b.run(t, "worker-1")
	b.awaitSettled(t)
	stop()
	before := b.snapshot(t)
	b.resetOffsets(t, map[int32]int64{0: 0, 1: 0})
	w := b.worker(t, "worker-2", nil)
	start(t, w)
	ends := b.kafka.EndOffsets(t)
	await(t, "the replay", func() (bool, string) {
		return w.Counts()[settle.Duplicate] == ends[0]+ends[1], fmt.Sprint(w.Counts())
	})
	if after := b.snapshot(t); after != before {
		t.Errorf("after the replay\n%s\nbefore\n%s", after, before)
	}
	b.audit(t)
}

func TestPromise6_OffsetsAreDerived(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1)
	b.kafka.Produce(t, 0, order("a", "acct-0"), order("b", "acct-0"), order("c", "acct-0"))
	stop := b.run(t, "worker-1")
	b.awaitSettled(t)
	stop()
	if got := b.kafka.GroupOffsets(t, group)[0]; got != 3 {
		t.Errorf("committed offset %d after a clean stop, want 3", got)
	}
	// The database is put back to where it was before the last two.
	for _, statement := range []string{
		"DELETE FROM processed WHERE order_id <> 'a'", "DELETE FROM transfer WHERE reference <> 'a'",
		"UPDATE account SET balance = 99900 WHERE name = 'acct-0'", "UPDATE settlement_stripe SET balance = 100",
		"UPDATE watermark SET next_offset = 1",
	} {
		if _, err := b.db.Pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	b.run(t, "worker-2")
	b.awaitSettled(t)
	b.wantTransfers(t, 3)
}

func TestPromise7_AbortedRecordsAreNotPaid(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1)
	b.kafka.Produce(t, 0, order("before", "acct-0"))
	b.kafka.ProduceAborted(t, 0, order("aborted", "acct-0"))
	b.kafka.ProduceCommitted(t, 0, order("committed", "acct-0"))
	b.kafka.ProduceAborted(t, 0, order("aborted too", "acct-0"))
	b.run(t, "worker-1")
	b.awaitSettled(t)
	if n := b.count(t, "processed"); n != 2 {
		t.Errorf("%d orders processed, want 2", n)
	}
	await(t, "lag 0 behind the last marker", func() (bool, string) {
		committed, end := b.kafka.GroupOffsets(t, group)[0], b.kafka.EndOffsets(t)[0]
		return committed == end, fmt.Sprintf("committed %d, end %d", committed, end)
	})
}

// The database loses its last commits while no record comes to meet the fence.
func TestPromise6_DatabasePutBackBehindAnIdlePartition(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1)
	b.kafka.Produce(t, 0, order("a", "acct-0"))
	b.run(t, "worker-1")
	b.awaitSettled(t)
	if _, err := b.db.Pool.Exec(t.Context(), `
		WITH p AS (DELETE FROM processed), t AS (DELETE FROM transfer), w AS (UPDATE watermark SET next_offset = 0),
		     s AS (DELETE FROM settlement_stripe)
		UPDATE account SET balance = opening_balance`); err != nil {
		t.Fatal(err)
	}
	b.awaitSettled(t)
	b.wantTransfers(t, 1)
}

// A transaction that waits for a lock holds its partition's offset back.
func TestPromise6_OffsetFollowsTheDatabase(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 2)
	tx, err := b.db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	if _, err := tx.Exec(t.Context(), "SELECT FROM account WHERE name = 'acct-0' FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	b.kafka.Produce(t, 0, order("held", "acct-0"))
	b.run(t, "worker-1")
	await(t, "the transaction to wait", func() (bool, string) {
		return b.count(t, `pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`) == 1, "none does"
	})
	b.kafka.Produce(t, 1, order("free", "acct-1"))
	await(t, "the neighbour's offset", func() (bool, string) {
		offsets := b.kafka.GroupOffsets(t, group)
		return offsets[1] == 1, fmt.Sprint(offsets)
	})
	if offset := b.kafka.GroupOffsets(t, group)[0]; offset != 0 {
		t.Errorf("offset %d is committed of what the database has not", offset)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.awaitSettled(t)
}

func TestStoppingCommitsTheLastOffsets(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1)
	stop := start(t, b.worker(t, "worker-1", func(c *Config) { c.CommitInterval = time.Hour }))
	await(t, "the start to be committed", func() (bool, string) {
		_, committed := b.kafka.GroupOffsets(t, group)[0]
		return committed, "it is not"
	})
	b.kafka.Produce(t, 0, order("a", "acct-0"), order("b", "acct-0"))
	b.awaitSettled(t)
	stop()
	if offset := b.kafka.GroupOffsets(t, group)[0]; offset != 2 {
		t.Errorf("offset %d is committed after the stop, want 2", offset)
	}
}

// An operator's decision counts also where no record comes to meet the fence.
func TestInterventionOnAnIdlePartitionIsFollowed(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1)
	b.kafka.Produce(t, 0, order("a", "acct-0"), order("b", "acct-0"), order("c", "acct-0"))
	w := b.worker(t, "worker-1", nil)
	start(t, w)
	b.awaitSettled(t)
	b.intervene(t, settle.Skip, 0, 1)
	await(t, "the last two again", func() (bool, string) {
		return w.Counts()[settle.Duplicate] == 2, fmt.Sprint(w.Counts())
	})
	b.audit(t)
}

// Sessions that the server ends in the middle of the work are opened anew.
func TestWorkerRecoversFromLostConnections(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 2)
	b.produceShuffled(t, 300, 2)
	start(t, b.worker(t, "worker-1", func(c *Config) { c.BatchMax = 10 }))
	for ended := 0; ended < 5; {
		var n int
		if err := b.db.Pool.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND usename <> current_user`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		ended += n
	}
	b.awaitSettled(t)
	b.wantTransfers(t, 300)
}

func (b *bundle) intervene(t *testing.T, action settle.Action, partition int32, to int64) {
	t.Helper()
	topic, err := b.cluster(t).Topic(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := pgx.BeginFunc(t.Context(), b.db.Pool, func(tx pgx.Tx) error {
		_, err := settle.Intervene(t.Context(), tx, settle.Intervention{
			Key:     settle.Key{Group: group, Topic: b.kafka.Topic, Partition: partition},
			Action:  action,
			TopicID: topic.ID,
			To:      to,
			Actor:   "test",
			Reason:  "the records are in the archive",
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) cluster(t *testing.T) *intake.Cluster {
	t.Helper()
	cluster, err := intake.NewCluster(intake.Config{Brokers: b.kafka.Brokers, Topic: b.kafka.Topic})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster
}

func (b *bundle) resetOffsets(t *testing.T, offsets map[int32]int64) {
	t.Helper()
	if err := b.cluster(t).CommitOffsets(t.Context(), group, offsets); err != nil {
		t.Fatal(err)
	}
}

// snapshot is all that must not change when commands are read again.
func (b *bundle) snapshot(t *testing.T) string {
	t.Helper()
	var snapshot string
	if err := b.db.Pool.QueryRow(t.Context(), `
		SELECT concat_ws(E'\n',
		    (SELECT string_agg(p::text, E'\n' ORDER BY p.order_id) FROM processed p),
		    (SELECT string_agg(t::text, E'\n' ORDER BY t.id) FROM transfer t),
		    (SELECT string_agg(a::text, E'\n' ORDER BY a.id) FROM account a),
		    (SELECT string_agg(s::text, E'\n' ORDER BY s.account_id, s.stripe) FROM settlement_stripe s),
		    (SELECT string_agg(d::text, E'\n' ORDER BY d.id) FROM dead_letter d))`).Scan(&snapshot); err != nil {
		t.Fatal(err)
	}
	return snapshot
}
