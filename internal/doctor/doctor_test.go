package doctor

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"
	"go.uber.org/goleak"

	"deductor/consumer/intake"
	"deductor/internal/config"
	"deductor/internal/kafkatest"
	"deductor/internal/partitions"
	"deductor/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Tests{M: m}) }

// bundle is what one test looks at.
type bundle struct {
	t     *testing.T
	kafka *kafkatest.Kafka
	db    *pgtest.DB
	cfg   Config
}

// setup is a broker with a topic, and a database that a worker's role uses.
func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, kafka: kafkatest.New(t, 2), db: pgtest.New(t)}
	b.cfg = Config{
		Kafka:    &config.Kafka{Brokers: b.kafka.Brokers, Topic: b.kafka.Topic},
		Group:    &config.Group{Name: "debits"},
		Database: &config.Database{URL: b.db.WorkerURL(t)},
		Lanes:    4, Timeout: 20 * time.Second, OnCheck: func(Check) {},
	}
	b.exec("INSERT INTO account (name, currency, kind, balance, opening_balance) VALUES " +
		"('alice', 'USD', 'customer', 5, 5), ('settlement:USD', 'USD', 'settlement', 0, 0)")
	return b
}

func (b *bundle) exec(sql string) {
	b.t.Helper()
	if _, err := b.db.Pool.Exec(b.t.Context(), sql); err != nil {
		b.t.Fatal(err)
	}
}

// look returns the checks by their names.
func (b *bundle) look() map[string]Check {
	b.t.Helper()
	checks, err := b.cfg.Run(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	byName := make(map[string]Check)
	for _, c := range checks {
		if byName[c.Name].Name != "" || c.Found == "" || c.State != OK && c.State != Skipped && c.Do == "" {
			b.t.Errorf("%+v is there twice, found nothing, or does not say what to do", c)
		}
		byName[c.Name] = c
	}
	return byName
}

const alterDatabase = "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' "

// want looks, and compares one check.
func (b *bundle) want(name string, state State, found string) {
	b.t.Helper()
	wantCheck(b.t, b.look()[name], state, found)
}

func wantCheck(t *testing.T, c Check, state State, found string) {
	t.Helper()
	if c.State != state || !strings.Contains(c.Found, found) {
		t.Errorf("%+v, want it to be %s and say %q", c, state, found)
	}
}

// topicSetting changes one of the topic's settings.
func (b *bundle) topicSetting(name, value string) {
	b.t.Helper()
	client := &kafka.Client{Addr: kafka.TCP(b.kafka.Brokers...), Transport: &kafka.Transport{}}
	defer client.Transport.(*kafka.Transport).CloseIdleConnections()
	answer, err := client.IncrementalAlterConfigs(b.t.Context(), &kafka.IncrementalAlterConfigsRequest{
		Resources: []kafka.IncrementalAlterConfigsRequestResource{{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: b.kafka.Topic,
			Configs: []kafka.IncrementalAlterConfigsRequestConfig{
				{Name: name, Value: value, ConfigOperation: kafka.ConfigOperationSet},
			},
		}},
	})
	if err != nil || answer.Resources[0].Error != nil {
		b.t.Fatalf("%+v, %v", answer, err)
	}
}

func TestAllIsWell(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.topicSetting("min.insync.replicas", "2")
	for name, c := range b.look() {
		switch name {
		case "replication": // one broker, by what kfake does
		case "durability": // the tests' Postgres survives nothing
			wantCheck(t, c, Fail, "fsync is off")
		default:
			wantCheck(t, c, OK, "")
		}
	}
}

func TestTopicTrouble(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		setting, value, check string
		state                 State
		found                 string
	}{
		"compacted":         {"cleanup.policy", "compact", "cleanup_policy", Fail, "vanish"},
		"compacted, too":    {"cleanup.policy", "compact,delete", "cleanup_policy", Fail, "vanish"},
		"short retention":   {"retention.ms", "3600000", "retention", Warn, "1h0m0s"},
		"retention by size": {"retention.bytes", "1000", "retention", Warn, "retention.bytes is 1000"},
		"for ever":          {"retention.ms", "-1", "retention", OK, "for ever"},
		"brokers' clocks":   {"message.timestamp.type", "LogAppendTime", "timestamps", OK, "brokers' clocks"},
		"unclean":           {"unclean.leader.election.enable", "true", "leader_election", Warn, "lags"},
		"one copy":          {"min.insync.replicas", "1", "replication", Warn, "min.insync.replicas is 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.topicSetting(test.setting, test.value)
			b.want(test.check, test.state, test.found)
		})
	}
}

func TestNoTopic(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cfg.Kafka.Topic = "paiments"
	found := b.look()
	wantCheck(t, found["topic"], Fail, `"paiments" does not exist`)
	wantCheck(t, found["group"], Skipped, "the topic")
	wantCheck(t, found["accounts"], OK, "USD")
}

func TestDeadBrokersDoNotStopTheRest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cfg.Kafka.Brokers = config.Brokers{"127.0.0.1:1"}
	found := b.look()
	wantCheck(t, found["brokers"], Fail, "127.0.0.1:1")
	wantCheck(t, found["retention"], Skipped, "no broker")
	wantCheck(t, found["accounts"], OK, "USD")
	b.cfg.Kafka.Brokers = append(b.cfg.Kafka.Brokers, b.kafka.Brokers...)
	found = b.look()
	wantCheck(t, found["brokers"], Warn, "answers without TLS")
	wantCheck(t, found["topic"], OK, "2 partitions")
}

func TestDeadDatabaseDoesNotStopTheRest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wrong, err := url.Parse(b.cfg.Database.URL)
	if err != nil {
		t.Fatal(err)
	}
	for host, said := range map[string]string{"127.0.0.1:1": "refused", wrong.Host: "password"} {
		at := *wrong
		at.Host, at.User = host, url.UserPassword("worker", "kw4zq9jp")
		b.cfg.Database.URL = at.String()
		found := b.look()
		wantCheck(t, found["database"], Fail, said)
		wantCheck(t, found["schema"], Skipped, "the database")
		wantCheck(t, found["group"], OK, "no group debits yet")
		if strings.Contains(fmt.Sprint(found), "kw4z") {
			t.Errorf("the password is told: %v", found)
		}
	}
}

func TestOldBroker(t *testing.T) {
	t.Parallel()
	b := setup(t)
	old, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "payments"),
		kfake.MaxVersions(kversion.V2_6_0()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(old.Close)
	b.cfg.Kafka.Brokers = old.ListenAddrs()
	b.want("kafka_version", Fail, "Fetch")
}

func TestBrokersThatRefuse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	closed, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("PLAIN", "me", "right"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closed.Close)
	b.cfg.Kafka.Brokers = closed.ListenAddrs()
	b.cfg.Kafka.Authentication = config.Authentication{Mechanism: "plain", Username: "me", Password: "kw4zq9jp"}
	c := b.look()["brokers"]
	if c.State != Fail || !strings.Contains(c.Do, "the password") || strings.Contains(fmt.Sprint(c), "kw4z") {
		t.Errorf("%+v", c)
	}
	b.cfg.Kafka.Brokers, b.cfg.Kafka.Authentication = b.kafka.Brokers, config.Authentication{}
	b.cfg.Kafka.Encryption.Enabled = true
	b.cfg.Timeout = 3 * time.Second
	b.want("brokers", Fail, b.kafka.Brokers[0])
}

func TestDatabaseTrouble(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sql, check string
		state      State
		found      string
	}{
		"a right is missing": {"REVOKE INSERT ON transfer FROM worker", "rights", Fail, "INSERT on transfer"},
		"a column is missing": {"REVOKE UPDATE (balance) ON account FROM worker", "rights", Fail,
			"UPDATE (balance) on account"},
		"a sequence is missing": {"REVOKE ALL ON SEQUENCE transfer_id_block FROM worker", "rights", Fail,
			"USAGE on transfer_id_block"},
		"a right too much": {"GRANT DELETE ON processed TO worker", "rights", Warn, "delete or rewrite"},
		"a migration is behind": {"DELETE FROM schema_migration WHERE component = 'settle'", "schema", Fail,
			"lacks settle"},
		"another settlement": {
			"INSERT INTO account (name, currency, kind, balance, opening_balance) VALUES ('bob', 'EUR', 'customer', 0, 0)",
			"accounts", Fail, "settlement:EUR is missing",
		},
		"a closed settlement": {"UPDATE account SET closed_at = now() WHERE kind = 'settlement'", "accounts", Warn,
			"settlement:USD is closed"},
		"no accounts": {"DELETE FROM account", "accounts", Warn, "no customer accounts"},
		"a dead letter": {"WITH s AS (INSERT INTO source (topic, topic_id, partition) " +
			"VALUES ('t', gen_random_uuid(), 0) RETURNING id) " +
			"INSERT INTO dead_letter (source_id, record_offset, record_timestamp, reason, detail, header_keys, header_values) " +
			"SELECT id, 1, 0, 'invalid_json', 'x', '{}', '{}' FROM s", "dead_letters", Warn, "1 open: invalid_json 1"},
		"a halt": {"INSERT INTO partition_halt (consumer_group, topic, partition, reason, detail) " +
			"VALUES ('debits', 'payments', 1, 'offset_gap', 'lost')", "partitions", Fail, "partition 1 is halted: offset_gap"},
		"a short statement": {alterDatabase + "SET statement_timeout = ''2s'''; END $$",
			"time_limits", Warn, "statement_timeout is 2s"},
		"serializable": {alterDatabase + "SET default_transaction_isolation = serializable'; END $$",
			"durability", Fail, "default_transaction_isolation is serializable"},
		"few connections": {alterDatabase + "CONNECTION LIMIT 5'; END $$",
			"connections", Fail, "of 5 connections"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.exec(test.sql)
			b.want(test.check, test.state, test.found)
		})
	}
}

func TestOwnerMayDoTooMuch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cfg.Database.URL = b.db.URL
	b.want("rights", Warn, "superuser")
	b.cfg.Database.URL = pgtest.NewEmpty(t).URL
	found := b.look()
	wantCheck(t, found["schema"], Fail, "lacks dedupe")
	wantCheck(t, found["rights"], Skipped, "the schema")
}

func TestRetentionAndHorizonAgainstTheLog(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.kafka.ProduceRecords(t, &kgo.Record{Partition: 1, Value: []byte("x"),
		Timestamp: time.Now().Add(-5 * 24 * time.Hour)})
	b.want("retention", Fail, "partitions 1 have records that were not read")
	b.exec("INSERT INTO processed_horizon (horizon, actor, reason) VALUES (now() - interval '4 days', 'me', 'test')")
	b.want("horizon", Warn, "partitions 1 hold records that are older")
	b.exec("DELETE FROM processed_horizon; " +
		"INSERT INTO processed_horizon (horizon, actor, reason) VALUES (now() - interval '6 days', 'me', 'test')")
	b.want("horizon", OK, "nothing that old")
}

func TestGroupIsBehindTheLog(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.kafka.Produce(t, 0, "a", "b", "c")
	cluster, err := b.cfg.Kafka.Cluster()
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	if err := cluster.CommitOffsets(t.Context(), "debits", map[int32]int64{0: 1, 1: 7}); err != nil {
		t.Fatal(err)
	}
	if err := b.kafka.Cluster.DeleteRecords(b.kafka.Topic, 0, 2); err != nil {
		t.Fatal(err)
	}
	c := b.look()["group"]
	wantCheck(t, c, Fail, "before the log's start, retention removed records that were not read: partitions 0 (1 of 2)")
	wantCheck(t, c, Fail, "behind the log's end: partitions 1 (7 of 0)")
	wantCheck(t, c, Fail, "no worker is running")
}

// What the tests' servers can't show.
func TestJudgements(t *testing.T) {
	t.Parallel()
	well := map[string]string{"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on",
		"default_transaction_isolation": "read committed", "default_transaction_read_only": "off"}
	for name, test := range map[string]struct {
		judge func(*report)
		state State
		found string
	}{
		"clock":           {func(r *report) { judgeClock(r, 30*time.Millisecond) }, OK, "30ms"},
		"clock ahead":     {func(r *report) { judgeClock(r, 2*time.Second) }, Warn, "2s ahead of"},
		"clock behind":    {func(r *report) { judgeClock(r, -2*time.Minute) }, Fail, "2m0s behind"},
		"durable":         {func(r *report) { judgeDurability(r, well, 0) }, OK, "fsync on"},
		"standby":         {func(r *report) { judgeDurability(r, well, 1) }, Warn, "none of them synchronous"},
		"connections":     {func(r *report) { judgeConnections(r, 10, 97, 8, 2) }, OK, "2 workers 16"},
		"few connections": {func(r *report) { judgeConnections(r, 90, 97, 8, 2) }, Warn, "may find none"},
		"too few":         {func(r *report) { judgeConnections(r, 10, 97, 8, 13) }, Fail, "more than there are"},
		"offsets": {func(r *report) {
			judgeOffsets(r, map[int32]int64{0: 3},
				map[int32]intake.LogRange{0: {Start: 1, End: 3}})
		}, OK, "in the log"},
		"partitions":    {func(r *report) { judgePartitions(r, standing(7, 7)) }, OK, "none halted"},
		"a gap to come": {func(r *report) { judgePartitions(r, standing(6, 7)) }, Fail, "removed what is before 7"},
		"none settled so far": {func(r *report) {
			judgePartitions(r, []partitions.State{{State: partitions.Idle}})
		}, OK, "1 idle"},
		"limits": {func(r *report) { judgeTimeLimits(r, "w", map[string]string{"lock_timeout": "60000"}) }, OK,
			"none"},
	} {
		var r report
		test.judge(&r)
		t.Run(name, func(t *testing.T) { wantCheck(t, r.check(name), test.state, test.found) })
	}
}

// Each grant of the worker's is looked for.
func TestRightsAreThoseOfTheGrants(t *testing.T) {
	t.Parallel()
	all, err := rights()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []right{
		{"", "schema_migration", "", "SELECT"}, {"", "processed", "", "INSERT"}, {"COLUMN", "processed", "request",
			"UPDATE"},
		{"SEQUENCE", "transfer_id_block", "", "USAGE"}, {"FUNCTION", "expect_rows(bigint, bigint, text)", "", "EXECUTE"},
		{"", "watermark", "", "UPDATE"}, {"COLUMN", "partition_intervention", "done_at", "UPDATE"},
	} {
		if !slices.Contains(all, want) {
			t.Errorf("%+v is not among %+v", want, all)
		}
	}
}

// standing is a partition that is settled below an offset of a log.
func standing(watermark, logStart int64) []partitions.State {
	return []partitions.State{{State: partitions.Idle, Watermark: &watermark, LogStart: &logStart}}
}
