package doctor

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/segmentio/kafka-go"

	"deductor/consumer/intake"
	"deductor/internal/config"
	"deductor/internal/partitions"
	"deductor/internal/pgclose"
)

// Config says what to look at.
type Config struct {
	Kafka    *config.Kafka
	Group    *config.Group
	Database *config.Database
	// Lanes is how many each worker has.
	Lanes int
	// Timeout bounds each check.
	Timeout time.Duration
	// OnCheck is told each result as soon as it is known.
	OnCheck func(Check)
}

// look is one look at everything, and what was found on the way.
type look struct {
	Config
	cluster *intake.Cluster
	client  *kafka.Client
	brokers []intake.Broker // nil when none can be reached
	partial error           // what the brokers do not speak
	release string
	topic   *intake.Topic
	parts   []kafka.Partition
	setup   map[string]string // the topic's settings
	conn    *pgx.Conn
	server  identity
	fits    bool // the database has this binary's schema
	survey  *partitions.Survey
	members int
}

// step is one check.
type step struct {
	name string
	// without says why it can't be looked at; "" when it can.
	without func() string
	run     func(context.Context, *report)
}

// Run looks at everything, one after the other. The error is of settings that no
// connection can be made with.
func (c Config) Run(ctx context.Context) ([]Check, error) {
	cluster, err := c.Kafka.Cluster()
	if err != nil {
		return nil, err
	}
	defer cluster.Close()
	transport, err := c.Kafka.Transport()
	if err != nil {
		return nil, err
	}
	defer transport.CloseIdleConnections()
	if _, err := c.Database.PoolConfig(); err != nil {
		return nil, err
	}
	l := &look{Config: c, cluster: cluster, members: 1}
	l.client = &kafka.Client{Addr: kafka.TCP(c.Kafka.Brokers...), Transport: transport}
	defer l.close()
	var checks []Check
	for _, s := range l.steps() {
		check := l.do(ctx, s)
		if ctx.Err() != nil {
			return checks, ctx.Err()
		}
		checks = append(checks, check)
		c.OnCheck(check)
	}
	return checks, nil
}

func (l *look) do(ctx context.Context, s step) Check {
	if why := s.without(); why != "" {
		return Check{Name: s.name, State: Skipped, Found: "not looked at: " + why}
	}
	ctx, cancel := context.WithTimeout(ctx, l.Timeout)
	defer cancel()
	var r report
	s.run(ctx, &r)
	return r.check(s.name)
}

func (l *look) steps() []step {
	always := func() string { return "" }
	return []step{
		{"brokers", always, l.lookBrokers},
		{"listeners", l.noKafka, l.lookListeners},
		{"kafka_version", l.noKafka, l.lookVersions},
		{"topic", l.noKafka, l.lookTopic},
		{"replication", l.noTopic, l.lookReplication},
		{"cleanup_policy", l.noSetup, l.lookCleanup},
		{"timestamps", l.noSetup, l.lookTimestamps},
		{"leader_election", l.noSetup, l.lookElection},
		{"database", always, l.lookDatabase},
		{"postgres_version", l.noDatabase, l.lookPostgresVersion},
		{"pooler", l.noDatabase, l.lookPooler},
		{"clock", l.noDatabase, l.lookClock},
		{"durability", l.noDatabase, l.lookDurability},
		{"time_limits", l.noDatabase, l.lookTimeLimits},
		{"schema", l.noDatabase, l.lookSchema},
		{"rights", l.noSchema, l.lookRights},
		{"group", l.noTopic, l.lookGroup},
		{"partitions", l.noSurvey, l.lookPartitions},
		{"retention", l.noSetup, l.lookRetention},
		{"horizon", l.noSchema, l.lookHorizon},
		{"connections", l.noDatabase, l.lookConnections},
		{"accounts", l.noSchema, l.lookAccounts},
		{"dead_letters", l.noSchema, l.lookDeadLetters},
	}
}

func (l *look) noKafka() string {
	if l.brokers == nil {
		return "no broker can be reached"
	}
	return ""
}

func (l *look) noTopic() string {
	if why := l.noKafka(); why != "" {
		return why
	}
	if l.topic == nil {
		return "the topic can't be looked at"
	}
	return ""
}

func (l *look) noSetup() string {
	if why := l.noTopic(); why != "" {
		return why
	}
	if l.setup == nil {
		return "the topic's settings can't be read"
	}
	return ""
}

func (l *look) noDatabase() string {
	if l.conn == nil {
		return "the database can't be reached"
	}
	return ""
}

func (l *look) noSchema() string {
	if why := l.noDatabase(); why != "" {
		return why
	}
	if !l.fits {
		return "the schema does not fit"
	}
	return ""
}

func (l *look) noSurvey() string {
	if why := l.noTopic(); why != "" {
		return why
	}
	if why := l.noSchema(); why != "" {
		return why
	}
	if l.survey == nil {
		return "the group can't be looked at"
	}
	return ""
}

func (l *look) close() {
	if l.conn != nil {
		pgclose.Conn(l.conn)
	}
}

// unanswered is what is found when a question failed.
func unanswered(ctx context.Context, r *report, err error, do string) {
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil {
		r.warn("look at the load of the server, or give it longer with --timeout", "no answer in time: %v", err)
		return
	}
	r.warn(do, "%v", err)
}
