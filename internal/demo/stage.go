package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/intake"
	"deductor/internal/config"
	"deductor/internal/embedded"
	"deductor/internal/migrate"
	"deductor/internal/pgclose"
	"deductor/ledger"
)

const (
	topic = "payments"
	group = "deductor"
	// workerRole may only do what a worker has to.
	workerRole = "deductor_worker"
)

// stage is a broker and a database with the plan's accounts.
type stage struct {
	kafka     *embedded.Kafka
	postgres  *embedded.Postgres
	cluster   *intake.Cluster
	conn      *pgx.Conn // the owner's
	workerURL string
}

// openStage starts both. Whatever the error, the stage is to be closed.
func openStage(ctx context.Context, p *Plan, n *narrator) (*stage, error) {
	s := &stage{}
	var err error
	if s.kafka, err = embedded.StartKafka(embedded.KafkaConfig{Topic: topic, Partitions: partitionCount}); err != nil {
		return s, err
	}
	n.say("broker at %s: inside this process, topic %s with %d partitions", s.kafka.Brokers()[0], topic, partitionCount)
	kafka := config.Kafka{Brokers: s.kafka.Brokers(), Topic: topic}
	if s.cluster, err = kafka.Cluster(); err != nil {
		return s, err
	}
	n.say("starting Postgres; the first time it is fetched (15 MB)")
	if s.postgres, err = embedded.StartPostgres(ctx, embedded.PostgresConfig{}); err != nil {
		return s, err
	}
	if s.conn, err = pgx.Connect(ctx, s.postgres.URL()); err != nil {
		return s, err
	}
	var version string
	if err := s.conn.QueryRow(ctx, "SHOW server_version").Scan(&version); err != nil {
		return s, err
	}
	n.say("database at 127.0.0.1:%d: Postgres %s of its own, on a temporary directory", s.conn.Config().Port, version)
	if _, err := migrate.Up(ctx, s.conn); err != nil {
		return s, err
	}
	if err := s.createWorkerRole(ctx); err != nil {
		return s, fmt.Errorf("create role %s: %w", workerRole, err)
	}
	return s, s.createAccounts(ctx, p.accounts)
}

func (s *stage) createWorkerRole(ctx context.Context) error {
	password := rand.Text()
	var script bytes.Buffer
	fmt.Fprintf(&script, "CREATE ROLE %s LOGIN PASSWORD '%s';\n", workerRole, password)
	if err := migrate.Grants(&script, workerRole); err != nil {
		return err
	}
	if _, err := s.conn.Exec(ctx, script.String()); err != nil {
		return err
	}
	address, err := url.Parse(s.postgres.URL())
	if err != nil {
		return err
	}
	address.User = url.UserPassword(workerRole, password)
	s.workerURL = address.String()
	return nil
}

func (s *stage) createAccounts(ctx context.Context, accounts []account) error {
	wanted := make([]ledger.NewAccount, len(accounts))
	for i, a := range accounts {
		wanted[i] = ledger.NewAccount{Name: a.name, Currency: a.currency, Kind: ledger.Customer, Balance: a.opening}
	}
	return pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
		if _, err := ledger.Create(ctx, tx, wanted); err != nil {
			return err
		}
		for _, a := range accounts {
			if !a.closed {
				continue
			}
			if err := ledger.Close(ctx, tx, a.name); err != nil {
				return err
			}
		}
		return nil
	})
}

// close stops what was started; all of it is gone then.
func (s *stage) close() error {
	var errs []error
	if s.conn != nil {
		pgclose.Conn(s.conn)
	}
	if s.cluster != nil {
		s.cluster.Close()
	}
	if s.postgres != nil {
		errs = append(errs, s.postgres.Stop())
	}
	if s.kafka != nil {
		s.kafka.Close()
	}
	return errors.Join(errs...)
}
