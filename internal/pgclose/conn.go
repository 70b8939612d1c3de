// Package pgclose ends connections to Postgres.
package pgclose

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// goodbye bounds what is said to a server that may be gone.
const goodbye = time.Second

// Conn says goodbye to the server and closes the connection, whatever became of
// the context of the work on it. What was to be kept has been committed before: so
// there is no error to tell.
func Conn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	_ = conn.Close(ctx)
}
