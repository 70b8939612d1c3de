package intake_test

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"deductor/consumer/intake"
)

// Errors of a partition that pass never fail it.
func TestPassingErrorsAreTriedAgain(t *testing.T) {
	t.Parallel()
	passing := []*kerr.Error{
		kerr.NotLeaderForPartition, kerr.UnknownLeaderEpoch, kerr.FencedLeaderEpoch, kerr.OffsetNotAvailable,
		kerr.ReplicaNotAvailable, kerr.LeaderNotAvailable, kerr.UnknownTopicOrPartition, kerr.KafkaStorageError,
		kerr.UnknownTopicID, kerr.InconsistentTopicID, kerr.TopicAuthorizationFailed, kerr.UnknownServerError,
	}
	for _, passes := range passing {
		t.Run(passes.Message, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1, 2, nil)
			client := b.client()
			b.produce(client, 0, "v")
			fault := b.kafka.Fault(kfake.Fault{
				Keys: []kmsg.Key{kmsg.Fetch}, Topic: topic, Partitions: []int32{0}, Err: passes, Count: -1,
			})
			r, other := b.assign(0, intake.At(0), true), b.assign(1, intake.At(0), true)
			if err := fault.Wait(t.Context(), 3); err != nil {
				t.Fatal(err)
			}
			if err := b.fetcher.Healthy(); !errors.Is(err, passes) {
				t.Errorf("health: %v", err)
			}
			b.produce(client, 1, "meanwhile")
			other.reach(1)
			fault.Remove()
			r.want(r.reach(1), []string{"v"})
			eventually(t, "health", func() bool { return b.fetcher.Healthy() == nil })
			b.log.await(t, "partition is read again", 1)
			if n := b.log.count("partition cannot be read for now"); n != 1 {
				t.Errorf("said %d times", n)
			}
		})
	}
}

// What failed is tried again after RefreshBackoff, not without pause.
func TestErrorsAreTriedAgainAfterAPause(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 2, func(c *intake.Config) { c.RefreshBackoff = time.Minute })
	refused := b.kafka.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.Fetch}, Topic: topic, Partitions: []int32{0}, Err: kerr.KafkaStorageError, Count: -1,
	})
	b.assign(0, intake.At(0), true)
	b.log.await(t, "partition cannot be read for now", 1)
	client := b.client()
	other := b.assign(1, intake.At(0), true)
	for i := range 10 {
		b.produce(client, 1, "v")
		other.reach(int64(i + 1))
	}
	if n := refused.Hits(); n != 1 {
		t.Errorf("tried %d times", n)
	}
}

func TestConnectionsAreTriedAgainAfterAPause(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, func(c *intake.Config) { c.RefreshBackoff = time.Minute })
	fetches := make(chan struct{}, 100)
	b.kafka.ControlKey(kmsg.Fetch.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
		b.kafka.KeepControl()
		select {
		case fetches <- struct{}{}:
		default:
		}
		return nil, errors.New("hang up"), true
	})
	b.assign(0, intake.At(0), true)
	b.log.await(t, "kafka unreachable", 1)
	<-fetches
	select {
	case <-fetches:
		t.Error("tried again at once")
	case <-time.After(50 * time.Millisecond):
	}
}

// A broker that enforces a quota says how long to wait.
func TestThrottledFetch(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	b.produce(b.client(), 0, "v")
	again := make(chan struct{})
	var once sync.Once
	b.kafka.ControlKey(kmsg.Fetch.Int16(), func(kreq kmsg.Request) (kmsg.Response, error, bool) {
		b.kafka.KeepControl()
		req := kreq.(*kmsg.FetchRequest)
		if req.Topics[0].Partitions[0].FetchOffset > 0 {
			once.Do(func() { close(again) })
			return nil, nil, false
		}
		resp := forged(req, answer(handmade{base: 0, values: []string{"v"}}.bytes(b.t)))
		resp.ThrottleMillis = 60_000
		return resp, nil, true
	})
	b.assign(0, intake.At(0), true).reach(1)
	select {
	case <-again:
		t.Error("asked again at once")
	case <-time.After(50 * time.Millisecond):
	}
}

func TestErrorOfAWholeAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	b.produce(b.client(), 0, "v")
	b.kafka.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.Fetch}, TopLevel: true, Err: kerr.FetchSessionTopicIDError, Count: 2,
	})
	b.assign(0, intake.At(0), true).reach(1)
}

// Partitions wander between brokers while they are written and read.
func TestLeadersMove(t *testing.T) {
	t.Parallel()
	const brokers, partitions, rounds = 3, 3, 40
	b := setup(t, brokers, partitions, func(c *intake.Config) { c.MaxWait = time.Minute })
	client := b.client()
	receivers := make([]*receiver, partitions)
	for p := range receivers {
		receivers[p] = b.assign(int32(p), intake.At(0), true)
	}
	var sent []string
	for i := range rounds {
		batch := values("v", 5*i, 5)
		for p := range int32(partitions) {
			if err := b.kafka.MoveTopicPartition(topic, p, rand.Int32N(brokers)); err != nil {
				t.Fatal(err)
			}
			b.produce(client, p, batch...)
		}
		sent = append(sent, batch...)
		if i%8 == 0 {
			receivers[0].reach(int64(len(sent)))
		}
	}
	for _, r := range receivers {
		r.want(r.reach(int64(len(sent))), sent)
	}
	epoch := b.kafka.PartitionInfo(topic, 0).Epoch
	if last := receivers[0].chunks[len(receivers[0].chunks)-1].LeaderEpoch; last != epoch {
		t.Errorf("the last batch was of epoch %d, the last chunk says %d", epoch, last)
	}
}

// Two loops hold an answer for the same offset, one of the leader before. The second to come is dropped.
func TestLateAnswerOfTheLeaderBefore(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]bool{"delivered": false, "failed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 2, 2, nil)
			for p := range int32(2) {
				if err := b.kafka.MoveTopicPartition(topic, p, 0); err != nil {
					t.Fatal(err)
				}
			}
			client := b.client()
			b.produce(client, 0, "v")
			held, open := b.lateAnswer(fails)
			stays, r := b.assign(1, intake.At(0), true), b.assign(0, intake.At(0), true)
			<-held
			if err := b.kafka.MoveTopicPartition(topic, 0, 1); err != nil {
				t.Fatal(err)
			}
			b.assign(99, intake.At(0), true) // there is none, so the metadata is looked at
			if fails {
				_ = isHalt[*intake.TruncatedError](t, r.failure(), "log_truncated")
			} else {
				r.reach(1)
			}
			open()
			b.produce(client, 1, "behind")
			stays.reach(1) // by the same loop, after the late answer
			if want := int64(1); !fails {
				b.produce(client, 0, "w")
				r.want(r.reach(want+1), []string{"v", "w"})
			}
		})
	}
}

// The leader cannot be reached any more, and another broker leads.
func TestLeaderDies(t *testing.T) {
	t.Parallel()
	wires := new(network)
	b := setup(t, 2, 1, func(c *intake.Config) { c.Dial, c.MaxWait = wires.dial, time.Minute })
	addresses := b.kafka.ListenAddrs()
	leader := b.kafka.LeaderFor(topic, 0)
	cluster := b.other(func(c *intake.Config) { // knows the other broker only, so that it can always be asked
		c.Dial, c.Brokers, c.MaxWait = wires.dial, addresses[1-leader:2-leader], time.Minute
	})
	fetcher, err := intake.NewFetcher(cluster)
	if err != nil {
		t.Fatal(err)
	}
	b.run(fetcher)
	client := b.client()
	r := newReceiver(t, 0, true)
	fetcher.Assign(0, intake.At(0), r)
	b.produce(client, 0, "before")
	r.reach(1)
	wires.cut(addresses[leader])
	if err := b.kafka.MoveTopicPartition(topic, 0, 1-leader); err != nil {
		t.Fatal(err)
	}
	b.produce(client, 0, "after")
	r.want(r.reach(2), []string{"before", "after"})
}

func TestBrokerAdded(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	client := b.client()
	r := b.assign(0, intake.At(0), true)
	b.produce(client, 0, "before")
	r.reach(1)
	node, _, err := b.kafka.AddNode(-1, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.kafka.MoveTopicPartition(topic, 0, node); err != nil {
		t.Fatal(err)
	}
	b.produce(client, 0, "after")
	r.want(r.reach(2), []string{"before", "after"})
}

func TestBrokersDownAndUp(t *testing.T) {
	t.Parallel()
	wires := new(network)
	b := setup(t, 2, 2, func(c *intake.Config) { c.Dial = wires.dial })
	client := b.client()
	receivers := []*receiver{b.assign(0, intake.At(0), true), b.assign(1, intake.At(0), true)}
	var sent []string
	for i := range 3 {
		batch := values("v", 2*i, 2)
		sent = append(sent, batch...)
		for p, r := range receivers {
			b.produce(client, int32(p), batch...)
			r.reach(int64(len(sent)))
		}
		wires.set(true)
		eventually(t, "trouble", func() bool { return b.fetcher.Healthy() != nil })
		if err := b.fetcher.Healthy(); !strings.Contains(err.Error(), "kafka") {
			t.Errorf("health: %v", err)
		}
		batch = values("w", 2*i, 2)
		sent = append(sent, batch...)
		for p := range receivers {
			b.produce(client, int32(p), batch...)
		}
		wires.set(false)
		for _, r := range receivers {
			r.want(r.reach(int64(len(sent))), sent)
		}
		eventually(t, "health", func() bool { return b.fetcher.Healthy() == nil })
	}
	down, up := b.log.count("kafka unreachable"), b.log.count("kafka reachable again")
	if down == 0 || down > 3*3 { // of each round, one for each broker and one for whichever
		t.Errorf("unreachable was said %d times, reachable %d times", down, up)
	}
}

func TestGarbledAnswers(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func([]byte){
		"size too large":   func(b []byte) { b[0] = 0x7f },
		"size negative":    func(b []byte) { b[0] = 0xff },
		"size too small":   func(b []byte) { binary.BigEndian.PutUint32(b, 60) },
		"correlation id":   func(b []byte) { b[7]++ },
		"number of topics": func(b []byte) { b[4+4+1+4+2+4] = 0x7f },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wires := new(network)
			b := setup(t, 1, 1, func(c *intake.Config) { c.Dial = wires.dial })
			client := b.client()
			r := b.assign(0, intake.At(0), true)
			b.produce(client, 0, "first")
			r.reach(1)
			wires.mu.Lock()
			wires.spoil = spoil
			wires.mu.Unlock()
			sent := []string{"first"}
			for i := range 5 {
				v := values("v", i, 1)
				b.produce(client, 0, v...)
				sent = append(sent, v...)
				r.want(r.reach(int64(len(sent))), sent)
			}
			b.log.await(t, "kafka unreachable", 1)
			b.log.await(t, "kafka reachable again", 1)
		})
	}
}

// A broker that takes a request and never answers is given up after the timeout.
func TestSilentBroker(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, func(c *intake.Config) {
		c.RequestTimeout, c.MaxWait = 100*time.Millisecond, 10*time.Millisecond
	})
	b.produce(b.client(), 0, "v")
	b.kafka.ControlKey(kmsg.Fetch.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, nil, true })
	r := b.assign(0, intake.At(0), true)
	r.reach(1)
	b.log.await(t, "kafka unreachable", 1)
}

// A topic that comes into being later is read from then on.
func TestTopicMissingAtFirst(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, func(c *intake.Config) { c.Topic = "later" })
	r := b.assign(0, intake.At(0), true)
	b.log.await(t, "topic cannot be read for now", 1)
	var unknown *intake.UnknownTopicError
	if err := b.fetcher.Healthy(); !errors.As(err, &unknown) || unknown.Topic != "later" {
		t.Errorf("health: %v", err)
	}
	if err := b.kafka.CreateTopic("later", 1, nil); err != nil {
		t.Fatal(err)
	}
	b.produce(b.client(kgo.DefaultProduceTopic("later")), 0, "v")
	r.want(r.reach(1), []string{"v"})
	b.log.await(t, "topic can be read again", 1)
}
