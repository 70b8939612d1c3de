package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/segmentio/kafka-go"

	"deductor/internal/config"
	"deductor/internal/embedded"
)

// place is the brokers and the database, and what was made in them.
type place struct {
	kafka    config.Kafka
	database string // its URL
	settings []string
	name     string // begins all that is made

	broker   *embedded.Kafka    // nil unless started here
	postgres *embedded.Postgres // nil unless started here
	client   *kafka.Client
	conn     *pgx.Conn
	logs     string // directory of the workers'

	topics  []*topic
	groups  []string
	schemas []*books
}

// openPlace connects to, or starts, the servers. Whatever the error, the place
// is to be closed.
func openPlace(ctx context.Context, cfg *Config, say func(format string, args ...any)) (*place, error) {
	p := &place{
		kafka: cfg.Kafka, database: cfg.Database.URL, settings: cfg.Settings,
		name: "deductor-bench-" + strings.ToLower(rand.Text()[:8]),
	}
	var err error
	if p.logs, err = os.MkdirTemp("", "deductor-bench-"); err != nil {
		return p, err
	}
	if cfg.Embedded {
		say("starting Kafka and Postgres; the first time Postgres is fetched (15 MB)")
		if err := p.startServers(ctx); err != nil {
			return p, err
		}
	}
	transport, err := p.kafka.Transport()
	if err != nil {
		return p, err
	}
	transport.MetadataTopics = nil
	p.client = &kafka.Client{Addr: kafka.TCP(p.kafka.Brokers...), Transport: transport}
	if _, err := p.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{}}); err != nil {
		return p, fmt.Errorf("brokers %s: %w", strings.Join(p.kafka.Brokers, ","), err)
	}
	p.conn, err = p.connect(ctx, p.database)
	return p, err
}

func (p *place) startServers(ctx context.Context) (err error) {
	if p.broker, err = embedded.StartKafka(embedded.KafkaConfig{}); err != nil {
		return err
	}
	p.kafka = config.Kafka{Brokers: p.broker.Brokers()}
	p.settings = []string{config.EnvName("kafka-brokers") + "=" + strings.Join(p.broker.Brokers(), ",")}
	if p.postgres, err = embedded.StartPostgres(ctx, embedded.PostgresConfig{}); err != nil {
		return err
	}
	p.database = p.postgres.URL()
	return nil
}

func (p *place) connect(ctx context.Context, url string) (*pgx.Conn, error) {
	settings := config.Database{URL: url}
	parsed, err := settings.PoolConfig()
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, parsed.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	return conn, nil
}

// closeTimeout bounds how long it may take to remove what was made.
const closeTimeout = time.Minute

// close removes what was made, and stops what was started.
func (p *place) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	var errs []error
	for _, b := range p.schemas {
		errs = append(errs, b.drop(ctx))
	}
	for _, t := range p.topics {
		errs = append(errs, t.remove(ctx))
	}
	for _, group := range p.groups {
		errs = append(errs, p.removeGroup(ctx, group))
	}
	if p.conn != nil {
		_ = p.conn.Close(ctx) // all that was to be done has been committed
	}
	if p.client != nil {
		p.client.Transport.(*kafka.Transport).CloseIdleConnections()
	}
	if p.postgres != nil {
		errs = append(errs, p.postgres.Stop())
	}
	if p.broker != nil {
		p.broker.Close()
	}
	return errors.Join(errs...)
}
