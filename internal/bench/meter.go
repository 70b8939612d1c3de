package bench

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

var (
	//go:embed queries/wal_bytes.sql
	walBytesSQL string
	//go:embed queries/transactions.sql
	transactionsSQL string
)

// meter measures what a run costs the servers.
type meter struct {
	conn      *pgx.Conn
	sessions  []int // of Postgres, where they run
	wal       int64
	postgres  usage // empty when it is not known, as is kafka
	kafka     usage
	inProcess bool // the broker is in this process
}

// newMeter makes the server write out what earlier runs left, so that all begin
// alike, and begins to measure.
func (p *place) newMeter(ctx context.Context) (*meter, error) {
	if err := p.checkpoint(ctx); err != nil {
		return nil, err
	}
	m := &meter{conn: p.conn, sessions: []int{int(p.conn.PgConn().PID())}, inProcess: p.broker != nil}
	for _, b := range p.schemas {
		if !b.dropped && b.conn != nil {
			m.sessions = append(m.sessions, int(b.conn.PgConn().PID()))
		}
	}
	if err := m.conn.QueryRow(ctx, walBytesSQL).Scan(&m.wal); err != nil {
		return nil, fmt.Errorf("ask for the position of the WAL: %w", err)
	}
	m.postgres, m.kafka = m.serverCPU()
	return m, nil
}

// checkpoint needs a right (role pg_checkpoint) that the benchmark can do without.
func (p *place) checkpoint(ctx context.Context) error {
	_, err := p.conn.Exec(ctx, "CHECKPOINT")
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "42501" { // insufficient_privilege
		return nil
	}
	return err
}

func (m *meter) serverCPU() (postgres, kafka usage) {
	all := processes()
	if server := postmaster(all, m.sessions); server != 0 {
		postgres = serverUsage(all, server)
	}
	if !m.inProcess {
		kafka = brokerUsage(all)
	}
	return postgres, kafka
}

// stop returns what so many payments cost.
func (m *meter) stop(ctx context.Context, payments int) (Cost, error) {
	postgres, kafka := m.serverCPU()
	var wal int64
	if err := m.conn.QueryRow(ctx, walBytesSQL).Scan(&wal); err != nil {
		return Cost{}, fmt.Errorf("ask for the position of the WAL: %w", err)
	}
	bytes := float64(wal-m.wal) / float64(payments)
	return Cost{
		PostgresCPU:     perMillion(m.postgres, postgres, payments),
		KafkaCPU:        perMillion(m.kafka, kafka, payments),
		WALBytesPayment: &bytes,
	}, nil
}

// perMillion is the seconds between two readings for a million payments; nil
// when it is not known.
func perMillion(before, after usage, payments int) *float64 {
	if len(before) == 0 || len(after) == 0 {
		return nil
	}
	seconds := after.since(before).Seconds() * 1e6 / float64(payments)
	return &seconds
}

// rowsPerCommit is how many orders a transaction wrote, on average.
func rowsPerCommit(ctx context.Context, conn *pgx.Conn) (*float64, error) {
	var rows, transactions float64
	if err := conn.QueryRow(ctx, transactionsSQL).Scan(&rows, &transactions); err != nil {
		return nil, fmt.Errorf("count transactions: %w", err)
	}
	if transactions == 0 {
		return nil, nil
	}
	mean := rows / transactions
	return &mean, nil
}
