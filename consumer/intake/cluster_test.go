package intake_test

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"deductor/consumer/intake"
)

// other is a Cluster of the same brokers with another configuration.
func (b *bundle) other(change func(*intake.Config)) *intake.Cluster {
	b.t.Helper()
	cfg := intake.Config{Brokers: b.kafka.ListenAddrs(), Topic: topic, RefreshBackoff: 5 * time.Millisecond}
	change(&cfg)
	return newCluster(b.t, cfg)
}

func TestTopic(t *testing.T) {
	t.Parallel()
	b := setup(t, 3, 4, nil)
	if err := b.kafka.MoveTopicPartition(topic, 2, 1); err != nil {
		t.Fatal(err)
	}
	got, err := b.cluster.Topic(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != topic || got.ID != b.kafka.TopicInfo(topic).TopicID || len(got.Partitions) != 4 {
		t.Errorf("got %+v", got)
	}
	for i, p := range got.Partitions {
		want := b.kafka.PartitionInfo(topic, int32(i))
		if p.ID != int32(i) || p.Leader != want.Leader || p.LeaderEpoch != want.Epoch {
			t.Errorf("got %+v, want %+v", p, want)
		}
	}
}

func TestUnknownTopic(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil, kfake.AllowAutoTopicCreation())
	_, err := b.other(func(c *intake.Config) { c.Topic = "paiments" }).Topic(t.Context())
	var unknown *intake.UnknownTopicError
	if !errors.As(err, &unknown) || unknown.Topic != "paiments" {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{"paiments", b.kafka.ListenAddrs()[0], "--create"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if b.kafka.TopicInfo("paiments") != nil {
		t.Error("asking for a topic created it")
	}
}

func TestUnreachableBrokers(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := listener.Addr().String()
	_ = listener.Close()
	cluster := newCluster(t, intake.Config{Brokers: []string{free}, Topic: topic, RefreshBackoff: time.Millisecond})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err = cluster.Topic(ctx)
	var unreachable *intake.UnreachableError
	if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &unreachable) || !strings.Contains(err.Error(), free) {
		t.Errorf("got %v", err)
	}
}

func TestLogRanges(t *testing.T) {
	t.Parallel()
	b := setup(t, 2, 3, nil)
	client := b.client()
	b.produce(client, 0, values("v", 0, 5)...)
	for range 4 {
		b.produce(client, 1, "v")
	}
	if err := b.kafka.DeleteRecords(topic, 1, 3); err != nil {
		t.Fatal(err)
	}
	x := b.transaction("x")
	x.write(0, "undecided")
	passing := b.kafka.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.ListOffsets}, Topic: topic, Err: kerr.NotLeaderForPartition, Count: 2,
	})
	got, err := b.cluster.LogRanges(t.Context(), []int32{0, 1, 2})
	want := map[int32]intake.LogRange{0: {Start: 0, LastStable: 5, End: 6}, 1: {Start: 3, LastStable: 4, End: 4}, 2: {}}
	if err != nil || !maps.Equal(got, want) || passing.Hits() != 2 {
		t.Errorf("got %+v, %v after %d errors", got, err, passing.Hits())
	}
	var unknown *intake.UnknownPartitionError
	if _, err := b.cluster.LogRanges(t.Context(), []int32{0, 3}); !errors.As(err, &unknown) || unknown.Partition != 3 {
		t.Errorf("of a partition that is not there: %v", err)
	}
}

func TestCommittedOffsets(t *testing.T) {
	t.Parallel()
	b := setup(t, 2, 3, nil)
	const group = "workers"
	all := []int32{0, 1, 2}
	got, err := b.cluster.Committed(t.Context(), group, all)
	if err != nil || len(got) != 0 {
		t.Fatalf("of a group that is not there: %v, %v", got, err)
	}
	want := map[int32]int64{0: 5, 2: 0}
	b.kafka.Fault(
		kfake.Fault{Keys: []kmsg.Key{kmsg.FindCoordinator}, Group: group, Err: kerr.CoordinatorNotAvailable},
		kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Group: group, Err: kerr.NotCoordinator},
		kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetFetch}, Group: group, Err: kerr.CoordinatorLoadInProgress},
	)
	if err := b.cluster.CommitOffsets(t.Context(), group, want); err != nil {
		t.Fatal(err)
	}
	stable := b.kafka.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.OffsetFetch}, Group: group, Observe: true, Count: -1,
		When: func(req kmsg.Request) bool { return req.(*kmsg.OffsetFetchRequest).RequireStable },
	})
	if got, err := b.cluster.Committed(t.Context(), group, all); err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if stable.Hits() == 0 {
		t.Error("offsets that a transaction is about to change are not waited for")
	}
	b.kafka.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.OffsetFetch}, Group: group, Err: kerr.GroupAuthorizationFailed, Count: -1,
	})
	if _, err := b.cluster.Committed(t.Context(), group, all); !errors.Is(err, kerr.GroupAuthorizationFailed) {
		t.Errorf("refused: %v", err)
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 3, nil)
	const name = "workers"
	if got, err := b.cluster.Members(t.Context(), name); err != nil || got.State != "Dead" || len(got.Members) > 0 {
		t.Errorf("a group that is not there: %+v, %v", got, err)
	}
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: name, Brokers: b.kafka.ListenAddrs(), Topics: []string{topic}, JoinGroupBackoff: 50 * time.Millisecond,
		Dialer: &kafka.Dialer{ClientID: "member", Timeout: time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = group.Close() }()
	if _, err := group.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := b.cluster.Members(t.Context(), name)
	if err != nil || got.State != "Stable" || len(got.Members) != 1 {
		t.Fatalf("got %+v, %v", got, err)
	}
	m := got.Members[0]
	if m.ClientID != "member" || m.ID == "" || m.Host == "" || !slices.Equal(m.Partitions, []int32{0, 1, 2}) {
		t.Errorf("got %+v", m)
	}
	var active *intake.GroupActiveError
	if err := b.cluster.CommitOffsets(t.Context(), name, map[int32]int64{0: 1}); !errors.As(err, &active) {
		t.Errorf("offsets of a group with members: %v", err)
	}
}

// Brokers of several versions; kfake speaks as old a protocol as it is told to.
func TestVersions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		versions *kversion.Versions
		ids      bool
	}{
		"2.7": {kversion.V2_7_0(), false}, // no topic ids
		"3.0": {kversion.V3_0_0(), true},  // topic ids in Metadata, not in Fetch
		"3.1": {kversion.V3_1_0(), true},
		"4.0": {kversion.V4_0_0(), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 2, 2, nil, kfake.MaxVersions(c.versions))
			got, err := b.cluster.Topic(t.Context())
			if err != nil || (got.ID != intake.TopicID{}) != c.ids {
				t.Errorf("got %+v, %v", got, err)
			}
			client := b.client()
			r := b.assign(1, intake.At(0), true)
			b.produce(client, 1, "v")
			r.reach(1)
			if err := b.cluster.CommitOffsets(t.Context(), "g", map[int32]int64{1: 1}); err != nil {
				t.Error(err)
			}
			if offsets, err := b.cluster.Committed(t.Context(), "g", []int32{1}); err != nil || offsets[1] != 1 {
				t.Errorf("got %v, %v", offsets, err)
			}
			if ranges, err := b.cluster.LogRanges(t.Context(), []int32{1}); err != nil || ranges[1].End != 1 {
				t.Errorf("got %v, %v", ranges, err)
			}
			if _, err := b.cluster.Members(t.Context(), "g"); err != nil {
				t.Error(err)
			}
		})
	}
}

// A broker comes back with an older version, as in a downgrade, and hangs up on requests it knew before.
func TestBrokerChangesItsVersion(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	client := b.client()
	b.produce(client, 0, "v")
	r := b.assign(0, intake.At(0), true)
	r.reach(1)
	b.kafka.ControlKey(kmsg.ApiVersions.Int16(), func(kreq kmsg.Request) (kmsg.Response, error, bool) {
		b.kafka.KeepControl()
		resp := kreq.ResponseKind().(*kmsg.ApiVersionsResponse)
		for key, newest := range map[kmsg.Key]int16{kmsg.Fetch: 12, kmsg.Metadata: 12, kmsg.ApiVersions: 3} {
			resp.ApiKeys = append(resp.ApiKeys, kmsg.ApiVersionsResponseApiKey{ApiKey: key.Int16(), MaxVersion: newest})
		}
		return resp, nil, true
	})
	b.kafka.ControlKey(kmsg.Fetch.Int16(), func(kreq kmsg.Request) (kmsg.Response, error, bool) {
		b.kafka.KeepControl()
		return nil, errors.New("unknown version"), kreq.GetVersion() > 12
	})
	b.produce(client, 0, "w")
	r.reach(2)
	b.produce(client, 0, "x")
	r.reach(3)
}

// A broker may know Fetch by topic ids, and a topic have none.
func TestTopicWithoutAnID(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	epoch := b.kafka.PartitionInfo(topic, 0).Epoch
	b.forgeMetadata(func() *kmsg.MetadataResponseTopic { return metadata(intake.TopicID{}, 0, epoch) })
	b.produce(b.client(kgo.MaxVersions(kversion.V3_0_0())), 0, "v")
	b.assign(0, intake.At(0), true).reach(1)
}

func TestBrokerTooOld(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil, kfake.MaxVersions(kversion.V2_6_0()))
	_, err := b.cluster.Committed(t.Context(), "g", []int32{0})
	if err != nil {
		t.Errorf("OffsetFetch v7 is there: %v", err)
	}
	b.assign(0, intake.At(0), true)
	var old *intake.UnsupportedVersionError
	eventually(t, "trouble", func() bool { return errors.As(b.fetcher.Healthy(), &old) })
	if old.Request != "Fetch" || old.Broker != 0 || old.BrokerMax != 11 || old.Min != 12 {
		t.Errorf("got %+v", old)
	}
	if text := old.Error(); !strings.Contains(text, "4 to 11 of Fetch") || !strings.Contains(text, "2.7") {
		t.Error(text)
	}
}

func TestSASL(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, func(c *intake.Config) {
		c.SASL = plain.Mechanism{Username: "worker", Password: "right"}
	}, kfake.EnableSASL(), kfake.Superuser("PLAIN", "worker", "right"))
	if _, err := b.cluster.Topic(t.Context()); err != nil {
		t.Errorf("with the right password: %v", err)
	}
	// kfake hangs up on a wrong password, a real broker answers with this error.
	b.kafka.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.SASLAuthenticate}, TopLevel: true, Err: kerr.SaslAuthenticationFailed, Count: -1,
	})
	wrong := b.other(func(c *intake.Config) { c.SASL = plain.Mechanism{Username: "worker", Password: "wrong"} })
	if _, err := wrong.Topic(t.Context()); !errors.Is(err, kafka.SASLAuthenticationFailed) {
		t.Errorf("with a wrong password: %v", err)
	}
	unknown := b.other(func(c *intake.Config) { c.SASL = unknownMechanism{} })
	if _, err := unknown.Topic(t.Context()); !errors.Is(err, kafka.UnsupportedSASLMechanism) {
		t.Errorf("with an unknown mechanism: %v", err)
	}
}

type unknownMechanism struct{ sasl.Mechanism }

func (unknownMechanism) Name() string { return "UNHEARD-OF" }

func TestTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS() // for its certificate
	defer server.Close()
	b := setup(t, 1, 1, func(c *intake.Config) {
		c.TLS = server.Client().Transport.(*http.Transport).TLSClientConfig
	}, kfake.TLS(server.TLS))
	if _, err := b.cluster.Topic(t.Context()); err != nil {
		t.Errorf("with the right certificate: %v", err)
	}
	untrusted := b.other(func(c *intake.Config) { c.TLS = new(tls.Config) })
	var cert *tls.CertificateVerificationError
	if _, err := untrusted.Topic(t.Context()); !errors.As(err, &cert) {
		t.Errorf("with a certificate that nobody vouches for: %v", err)
	}
}

func TestBrokers(t *testing.T) {
	t.Parallel()
	b := setup(t, 3, 1, nil)
	brokers, err := b.cluster.Brokers(t.Context())
	if err != nil || len(brokers) != 3 {
		t.Fatalf("got %+v, %v", brokers, err)
	}
	for i, broker := range brokers {
		if broker.ID != int32(i) || !slices.Contains(b.kafka.ListenAddrs(), broker.Address) {
			t.Errorf("broker %d is %+v", i, broker)
		}
		if release, err := b.cluster.CheckVersions(t.Context(), broker.ID); err != nil || release == "" {
			t.Errorf("broker %d is %q, %v", i, release, err)
		}
	}
	old := setup(t, 1, 1, nil, kfake.MaxVersions(kversion.V2_6_0()))
	var unsupported *intake.UnsupportedVersionError
	_, err = old.cluster.CheckVersions(t.Context(), 0)
	if !errors.As(err, &unsupported) || unsupported.Request != "Fetch" {
		t.Errorf("of an old broker: %v", err)
	}
	gone := b.other(func(c *intake.Config) { c.Brokers = []string{"127.0.0.1:1"} })
	var unreachable *intake.UnreachableError
	if _, err := gone.Brokers(t.Context()); !errors.As(err, &unreachable) {
		t.Errorf("of nobody: %v", err)
	}
}
