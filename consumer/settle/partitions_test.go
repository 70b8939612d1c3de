package settle_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
	"deductor/internal/pgtest"
)

// acquirePartition takes a partition of the topic "payments" over for a worker.
func acquirePartition(t *testing.T, db *pgtest.DB, group string, partition int32, committed *int64) error {
	t.Helper()
	_, err := settle.Acquire(t.Context(), db.Pool, settle.Assignment{
		Key:       settle.Key{Group: group, Topic: "payments", Partition: partition},
		Owner:     "worker-1",
		Committed: committed,
		TopicID:   [16]byte{7},
		LogStart:  5, LogEnd: 9,
	})
	return err
}

func TestPartitions(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	committed := int64(6)
	if err := acquirePartition(t, db, "debits", 0, nil); err != nil {
		t.Fatal(err)
	}
	if err := acquirePartition(t, db, "debits", 2, &committed); err == nil {
		t.Fatal("partition 2 should have halted: the database knows nothing of it")
	}
	if err := acquirePartition(t, db, "debits", 3, &committed); err == nil {
		t.Fatal("so should partition 3")
	}
	if err := acquirePartition(t, db, "debits", 3, nil); err != nil {
		t.Fatal(err)
	}
	if err := acquirePartition(t, db, "others", 1, nil); err != nil {
		t.Fatal(err)
	}
	err := pgx.BeginFunc(t.Context(), db.Pool, func(tx pgx.Tx) error {
		_, err := settle.Intervene(t.Context(), tx, settle.Intervention{
			Key:    settle.Key{Group: "debits", Topic: "payments", Partition: 0},
			Action: settle.Skip, TopicID: [16]byte{7}, To: 8, Actor: "me", Reason: "test",
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	worker := pgtest.Conn(t, db.WorkerURL(t))
	found, err := settle.Partitions(t.Context(), worker, "debits", "payments")
	if err != nil || len(found) != 3 {
		t.Fatalf("found %+v, %v", found, err)
	}
	moved, halted, mended := found[0], found[1], found[2]
	if mended.Key.Partition != 3 || mended.Halt != nil || mended.Watermark == nil {
		t.Errorf("partition 3, which goes on: %+v", mended)
	}
	if moved.Key.Partition != 0 || moved.Halt != nil || moved.Intervention == nil || *moved.Intervention != 8 {
		t.Errorf("partition 0: %+v", moved)
	}
	if since := time.Since(moved.Watermark.UpdatedAt); since < 0 || since > time.Minute {
		t.Errorf("the watermark was updated %v ago", since)
	}
	moved.Watermark.UpdatedAt = time.Time{}
	want := &settle.Watermark{NextOffset: 8, Epoch: 2, TopicID: [16]byte{7}, Owner: "worker-1"}
	if !reflect.DeepEqual(moved.Watermark, want) {
		t.Errorf("watermark is %+v, want %+v", moved.Watermark, want)
	}
	if halted.Key.Partition != 2 || halted.Watermark != nil || halted.Intervention != nil || halted.Halt == nil ||
		halted.Halt.Reason != settle.HaltWatermarkMissing || halted.Halt.Detail == "" || halted.HaltedSince.IsZero() {
		t.Errorf("partition 2: %+v", halted)
	}
}
