package dedupe_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/internal/pgtest"
)

// The worker's role answers, retries and reads; it cannot make an order
// forgotten.
func TestPromise1_WorkerRoleCannotForgetAnOrder(t *testing.T) {
	t.Parallel()
	db, err := pgxpool.New(t.Context(), pgtest.New(t).WorkerURL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	save(t, db, declined("retried", 1, "a"), declined("retried", 2, "a"))
	save(t, db, applied("retried", 3, "b"), applied("plain", 1, "a"))
	wantAnswer(t, db, declined("retried", 1, "a"))
	wantAnswer(t, db, applied("retried", 3, "b"))
	for _, sql := range []string{
		"DELETE FROM processed",
		"TRUNCATE processed",
		"UPDATE processed SET order_id = 'another'",
		"DELETE FROM declined_attempt",
		"UPDATE declined_attempt SET attempt = 9",
		"INSERT INTO processed_horizon (horizon, actor, reason) VALUES ('2020-01-01Z', 'me', 'why')",
		"UPDATE processed_horizon SET horizon = horizon",
		"DELETE FROM processed_horizon",
		"ALTER TABLE processed DROP CONSTRAINT processed_pkey",
	} {
		_, err := db.Exec(t.Context(), sql)
		t.Log(sql)
		wantRefused(t, err, "42501", "") // insufficient_privilege
	}
}
