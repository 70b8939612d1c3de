package bench

import (
	"context"
	"crypto/tls"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"deductor/consumer/command"
	"deductor/dedupe"
	"deductor/internal/config"
	"deductor/ledger"
)

var (
	//go:embed queries/peer_schema.sql
	peerSchemaSQL string
	//go:embed queries/peer_accounts.sql
	peerAccountsSQL string
	//go:embed queries/peer_account_id.sql
	peerAccountIDSQL string
	//go:embed queries/peer_balances.sql
	peerBalancesSQL string
)

// peer is a service that others would write for the same commands, on tables
// with the same columns and indexes. It is spared what Deductor does besides:
// the settlement account's balance, the reference from an order to its transfer,
// dead letters, conflicts, aborted transactions, the fence. It has Deductor's
// decoder, so that the difference is in how it reads and writes.
type peer struct {
	part       string
	loops      int
	queue      int // messages that a reader holds ready
	pool       *pgxpool.Pool
	settlement int64 // account id
	// loop works until ctx ends.
	loop func(ctx context.Context, p *peer, reader *kafka.Reader) error
}

// run times the peer's loops. Its clock starts when all of them have joined the
// group and before the first message is taken; what its readers have fetched by
// then is a gift.
func (b *bench) runPeer(ctx context.Context, p peer, w *workload, t *topic) (run Sample, err error) {
	b.say("%s: opening accounts", p.part)
	books, err := b.place.openPeerBooks(ctx, p.part, w)
	if err != nil {
		return run, err
	}
	b.say("%s", p.part)
	if err := p.open(ctx, books); err != nil {
		return run, err
	}
	defer p.pool.Close()
	m, err := b.place.newMeter(ctx)
	if err != nil {
		return run, err
	}
	group := b.place.newGroup(p.part)
	readers, err := p.newReaders(t, group)
	if err != nil {
		return run, err
	}
	closed := false
	closeReaders := func() (err error) {
		if !closed {
			closed = true
			for _, reader := range readers {
				err = errors.Join(err, reader.Close())
			}
		}
		return err
	}
	defer func() { err = errors.Join(err, closeReaders()) }()
	if err := b.awaitMembers(ctx, t, group, p.loops, func() error { return nil }); err != nil {
		return run, err
	}
	began := time.Now()
	end, err := b.watchPeer(ctx, &p, readers, t, group)
	if err != nil {
		return run, fmt.Errorf("%s: %w", p.part, err)
	}
	cost, err := m.stop(ctx, t.content.commands)
	if err != nil {
		return run, err
	}
	if err := closeReaders(); err != nil {
		return run, err
	}
	if err := auditPeer(ctx, books.conn, p.part, t.content); err != nil {
		return run, err
	}
	if cost.RowsPerCommit, err = rowsPerCommit(ctx, books.conn); err != nil {
		return run, err
	}
	return newRun(t.content.commands, end.Sub(began).Seconds(), cost), books.drop(ctx)
}

// watchPeer runs the loops until all offsets are committed.
func (b *bench) watchPeer(
	ctx context.Context, p *peer, readers []*kafka.Reader, t *topic, group string,
) (end time.Time, err error) {
	tasks, working := errgroup.WithContext(ctx)
	working, stop := context.WithCancel(working)
	for _, reader := range readers {
		tasks.Go(func() error {
			if err := p.loop(working, p, reader); working.Err() == nil {
				return err
			}
			return nil
		})
	}
	end, err = b.awaitCommitted(working, t, group, func() error { return nil })
	stop()
	if lost := tasks.Wait(); lost != nil {
		err = lost // why the watching was given up
	}
	return end, err
}

func (p *place) openPeerBooks(ctx context.Context, name string, w *workload) (*books, error) {
	return p.openBooks(ctx, name, func(ctx context.Context, b *books) error {
		if _, err := b.conn.Exec(ctx, peerSchemaSQL); err != nil {
			return err
		}
		if _, err := b.conn.Exec(ctx, peerAccountsSQL, w.AccountPrefix, w.Currency, w.Accounts, w.opening()); err != nil {
			return err
		}
		_, err := b.conn.Exec(ctx, "ANALYZE account")
		return err
	})
}

// open connects each loop's own connection.
func (p *peer) open(ctx context.Context, b *books) error {
	settings := config.Database{URL: b.url}
	poolConfig, err := settings.PoolConfig()
	if err != nil {
		return err
	}
	poolConfig.MaxConns = int32(p.loops) //nolint:gosec // one a partition, at most 1000
	if p.pool, err = pgxpool.NewWithConfig(ctx, poolConfig); err != nil {
		return err
	}
	name := ledger.SettlementName(currencyCode)
	if err := p.pool.QueryRow(ctx, peerAccountIDSQL, name).Scan(&p.settlement); err != nil {
		p.pool.Close()
		return fmt.Errorf("find account %s: %w", name, err)
	}
	return nil
}

// maxFetch is how many bytes one fetch may bring.
const maxFetch = 10 << 20

func (p *peer) newReaders(t *topic, group string) ([]*kafka.Reader, error) {
	encryption, mechanism, err := t.kafka.Security()
	if err != nil {
		return nil, err
	}
	readers := make([]*kafka.Reader, p.loops)
	for i := range readers {
		var own *tls.Config // the dialer changes it
		if encryption != nil {
			own = encryption.Clone()
		}
		readers[i] = kafka.NewReader(kafka.ReaderConfig{
			Brokers: t.kafka.Brokers, GroupID: group, Topic: t.name, StartOffset: kafka.FirstOffset,
			QueueCapacity: p.queue, MinBytes: 1, MaxBytes: maxFetch, MaxWait: time.Second,
			Dialer: &kafka.Dialer{Timeout: 10 * time.Second, TLS: own, SASLMechanism: mechanism},
		})
	}
	return readers, nil
}

// order is a message that was read.
type order struct {
	command.Command
	fingerprint dedupe.Fingerprint
	message     kafka.Message
}

func decode(m kafka.Message) (order, error) {
	c, rejection := command.Decode(m.Value)
	if rejection != nil {
		return order{}, fmt.Errorf("partition %d, offset %d: %w", m.Partition, m.Offset, rejection)
	}
	return order{Command: c, fingerprint: dedupe.FingerprintOf(c.OrderID, c.Account), message: m}, nil
}

// auditPeer is auditLedger for a peer's tables.
func auditPeer(ctx context.Context, conn *pgx.Conn, part string, want content) error {
	void := &VoidError{Part: part}
	if err := void.compare(ctx, conn, want); err != nil {
		return err
	}
	var balances, strangers int64
	if err := conn.QueryRow(ctx, peerBalancesSQL).Scan(&balances, &strangers); err != nil {
		return fmt.Errorf("audit balances: %w", err)
	}
	void.expect("wrong balances", balances, 0)
	void.expect("transfers without an order", strangers, 0)
	return void.orNil()
}
