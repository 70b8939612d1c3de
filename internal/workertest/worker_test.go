package workertest_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"deductor/consumer"
	"deductor/internal/kafkatest"
	"deductor/internal/pgtest"
	"deductor/internal/workertest"
	"deductor/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Tests{M: m}) }

func TestWorkerWorksUntilItIsStopped(t *testing.T) {
	t.Parallel()
	kafka, db := kafkatest.New(t, 1), pgtest.New(t)
	if err := pgx.BeginFunc(t.Context(), db.Pool, func(tx pgx.Tx) error {
		_, err := ledger.Create(t.Context(), tx, []ledger.NewAccount{
			{Name: "alice", Currency: "USD", Kind: ledger.Customer, Balance: 100}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	kafka.Produce(t, 0, `{"order_id":"a-1","account":"alice","amount":"1.00","currency":"USD"}`)
	w, stop := workertest.Start(t, kafka, db.WorkerURL(t), consumer.Config{Group: "debits"})
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(time.Minute); kafka.GroupOffsets(t, "debits")[0] != 1; <-ticker.C {
		if time.Now().After(end) {
			t.Fatalf("it does not work: %v", w.Ready())
		}
	}
	stop()
	stop() // as the end of the test does, too
	if members := kafka.Cluster.GroupInfo("debits").Members; len(members) != 0 {
		t.Errorf("the group has %d members after its worker was stopped", len(members))
	}
	var transfers int
	err := db.Pool.QueryRow(t.Context(), "SELECT count(*) FROM transfer").Scan(&transfers)
	if err != nil || transfers != 1 {
		t.Errorf("%d transfers, want 1 (error %v)", transfers, err)
	}
}
