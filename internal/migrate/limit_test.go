package migrate_test

import (
	"testing"

	"deductor/internal/migrate"
)

// A process that is gone in the middle of a migration, unnoticed, does not keep
// the others from theirs for ever; and no session is left with the limit.
func TestLockIsNotHeldByTheIdle(t *testing.T) {
	t.Parallel()
	conn := emptyConn(t)
	const setting = "current_setting('idle_in_transaction_session_timeout')"
	mustUp(t, conn, []migrate.Component{component("alpha", "CREATE TABLE seen AS SELECT "+setting+" AS value;")})
	var within, after string
	if err := conn.QueryRow(t.Context(), "SELECT value, "+setting+" FROM seen").Scan(&within, &after); err != nil {
		t.Fatal(err)
	}
	if within != "1min" || after != "0" {
		t.Errorf("the limit is %s in a migration and %s after it, want 1min and 0", within, after)
	}
}
