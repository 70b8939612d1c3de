package prune_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"deductor/consumer/intake"
	"deductor/dedupe"
	"deductor/internal/prune"
)

// wantRefused expects that nothing is pruned, and no horizon recorded.
func (b *bundle) wantRefused(change func(*prune.Config), why ...string) {
	b.t.Helper()
	const rows = "SELECT order_id FROM processed UNION ALL SELECT id::text FROM processed_horizon ORDER BY 1"
	state := b.list(rows)
	_, err := b.prune(b.t.Context(), change)
	var no *prune.RefusedError
	if !errors.As(err, &no) {
		b.t.Fatalf("error %v, want a refusal: %q", err, why)
	}
	for _, text := range why {
		if !strings.Contains(err.Error(), text) {
			b.t.Errorf("refused with %q, want %q", err, text)
		}
	}
	if now := b.list(rows); now != state {
		b.t.Errorf("refused, and there is\n%s\nof\n%s", now, state)
	}
}

func TestRefusesWhenTheLogHoldsOlderRecords(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		at   time.Time
		want string
	}{
		"older":     {horizon.Add(-time.Hour), horizon.Add(-time.Hour).Truncate(time.Millisecond).Format(time.RFC3339Nano)},
		"by little": {horizon.Truncate(time.Millisecond).Add(-time.Millisecond), horizon.Format(time.RFC3339Nano)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			b.produce(0, young, "young")
			b.produce(1, young, "first")
			b.produce(1, test.at, "in-the-middle")
			b.produce(1, young, "last")
			b.settle(b.kafka.Topic)
			b.wantRefused(nil, "payments[1]", "offset 1 ", test.want, horizon.Format(time.RFC3339Nano))
			b.wantRefused(func(c *prune.Config) { c.Execute = false }, "payments[1]")
			// Once it is gone, or a horizon that is in force turns it away, it is in
			// nobody's way.
			b.mustPrune(0, func(c *prune.Config) { c.Before = test.at.Add(-time.Hour) })
			b.removeUpTo(map[int32]int64{1: 2})
			b.mustPrune(0, nil)
			b.produce(1, test.at, "late")
			b.mustPrune(0, nil)
		})
	}
}

// A record without a timestamp (-1) counts as older.
func TestRefusesARecordWithoutTimestamp(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.kafka.ProduceRecords(t, &kgo.Record{Partition: 0, Timestamp: time.UnixMilli(-1), Value: []byte(payment("o"))})
	b.settle(b.kafka.Topic)
	b.wantRefused(nil, "payments[0]", "offset 0 of 1969-12-31T23:59:59.999Z")
}

func TestRefusesAnEarlierHorizon(t *testing.T) {
	t.Parallel()
	b := aged(t)
	b.mustPrune(17, nil)
	for _, execute := range []bool{false, true} {
		_, err := b.prune(t.Context(), func(c *prune.Config) {
			c.Before, c.Execute = horizon.Add(-time.Microsecond), execute
		})
		var passed *dedupe.HorizonError
		if !errors.As(err, &passed) || !passed.InForce.Before.Equal(horizon) {
			t.Errorf("an earlier horizon: %v", err)
		}
	}
	b.mustPrune(0, nil)
}

func TestRefusesWhatItCannotJudge(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*bundle)
		group  string
		why    []string
	}{
		"a halted partition": {
			change: func(b *bundle) {
				b.exec(`INSERT INTO partition_halt (consumer_group, topic, partition, reason, detail)
				        VALUES ($1, 'payments', 1, 'offset_gap', 'offset 7 is missing')`, group+"payments")
			},
			why: []string{"payments[1] (group debitspayments", "is halted: offset_gap: offset 7 is missing"},
		},
		"a partition that another group halted at": {
			change: func(b *bundle) {
				b.exec(`INSERT INTO partition_halt (consumer_group, topic, partition, reason, detail)
				        VALUES ('others', 'payments', 0, 'corrupt_batch', 'd')`)
			},
			why: []string{"payments[0] (group others", "is halted: corrupt_batch"},
		},
		"a partition that was never read": {
			change: func(b *bundle) { b.exec("DELETE FROM watermark WHERE partition = 1") },
			why:    []string{"payments[1] (group debitspayments, its log holds offsets 11 to 14)", "never read"},
		},
		"a group that never read": {
			group: "new",
			why:   []string{"payments[0] (group new", "never read into this database"},
		},
		"a topic that was created again": {
			change: func(b *bundle) {
				b.recreate()
				b.produce(0, young, "a-9")
			},
			why: []string{"payments[0] (group debitspayments", "created again: partition adopt"},
		},
		"a log that lost records": {
			change: func(b *bundle) { b.exec("UPDATE watermark SET next_offset = 99 WHERE partition = 0") },
			why:    []string{"payments[0]", "read up to offset 99, which its log does not hold"},
		},
		"a topic that these brokers do not have": {
			change: func(b *bundle) {
				b.exec("INSERT INTO source (topic_id, partition, topic) VALUES (gen_random_uuid(), 0, 'former')")
			},
			why: []string{"topic former", "--deleted-topic former", "on other brokers"},
		},
		"a topic that may not be looked at": {
			change: func(b *bundle) {
				b.exec("INSERT INTO source (topic_id, partition, topic) VALUES (gen_random_uuid(), 0, 'secret')")
				b.forbid("secret")
			},
			why: []string{"topic secret", "TOPIC_AUTHORIZATION_FAILED", "describe and read it"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := aged(t)
			if test.change != nil {
				test.change(b)
			}
			b.wantRefused(func(c *prune.Config) {
				if test.group != "" {
					c.Group = test.group
				}
			}, test.why...)
		})
	}
}

// recreate deletes the topic and makes one of its name.
func (b *bundle) recreate() {
	b.t.Helper()
	if err := errors.Join(b.kafka.Cluster.DeleteTopic(b.kafka.Topic),
		b.kafka.Cluster.CreateTopic(b.kafka.Topic, 2, nil)); err != nil {
		b.t.Fatal(err)
	}
}

// forbid lets nobody see a topic.
func (b *bundle) forbid(topic string) {
	b.kafka.Cluster.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.kafka.Cluster.KeepControl()
		asked := req.(*kmsg.MetadataRequest)
		if len(asked.Topics) != 1 || asked.Topics[0].Topic == nil || *asked.Topics[0].Topic != topic {
			return nil, nil, false
		}
		answer := asked.ResponseKind().(*kmsg.MetadataResponse)
		denied := kmsg.NewMetadataResponseTopic()
		denied.Topic, denied.ErrorCode = &topic, kerr.TopicAuthorizationFailed.Code
		answer.Topics = append(answer.Topics, denied)
		return answer, nil, true
	})
}

func TestDeletedTopics(t *testing.T) {
	t.Parallel()
	b := aged(t)
	b.exec("INSERT INTO source (topic_id, partition, topic) VALUES (gen_random_uuid(), 0, 'former')")
	b.exec("UPDATE processed SET source_id = (SELECT id FROM source WHERE topic = 'former') WHERE order_id = 'a-6'")
	b.wantRefused(func(c *prune.Config) { c.Deleted = []string{"former", "payments"} }, "payments was not deleted")
	b.mustPrune(17, func(c *prune.Config) { c.Deleted = []string{"former"} })
}

// Records of a topic that was created again are no longer there, whatever their
// offsets; those of the new one are.
func TestTopicCreatedAgain(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.produce(0, old, ids("a", 5)...)
	b.settle(b.kafka.Topic)
	b.age()
	b.recreate()
	b.produce(0, young, "a-3")
	b.exec("DELETE FROM watermark")
	if err := b.cluster(b.kafka.Topic).CommitOffsets(t.Context(), group+b.kafka.Topic,
		map[int32]int64{0: -1, 1: -1}); err != nil {
		t.Fatal(err)
	}
	b.settle(b.kafka.Topic)
	b.mustPrune(4, nil)
	b.wantOnce(5)
}

func TestRefusesABatchThatCannotBeRead(t *testing.T) {
	t.Parallel()
	b := aged(t)
	b.produce(0, young, ids(strings.Repeat("x", 120), 3)...)
	b.settle(b.kafka.Topic)
	b.wantRefused(func(c *prune.Config) {
		c.Cluster = func(topic string) (*intake.Cluster, error) {
			return intake.NewCluster(intake.Config{Brokers: b.kafka.Brokers, Topic: topic, MaxBatchBytes: 400,
				RefreshBackoff: time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
		}
	}, "payments partition 0", "decompresses to more than 400 bytes", "can't be kept")
}

func TestRefusesATopicThatNothingWasReadOf(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.produce(0, young, "unread")
	b.wantRefused(nil, "payments[0]", "never read into this database")
	b.exec(`INSERT INTO partition_halt (consumer_group, topic, partition, reason, detail)
	        VALUES ('g', 'elsewhere', 0, 'watermark_missing', 'd')`)
	b.wantRefused(nil, "topic elsewhere")
}
