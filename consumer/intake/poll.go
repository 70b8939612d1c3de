package intake

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// shortWait is how long a broker may hold a request that leaves a partition out because its buffer is
// full. There may be room again at any moment, and a loop has one request in flight.
const shortWait = 20 * time.Millisecond

// forever is how long a loop rests that has nothing to do until it is woken.
const forever = time.Hour

// asked is a partition in a request, with its state at that moment.
type asked struct {
	partition          *partition
	offset             int64
	epoch, leaderEpoch int32
	aligned, alone     bool
}

// poll is what a loop does next: ask for some partitions, or rest.
type poll struct {
	asked    []asked
	topicID  TopicID
	maxBytes int           // of the answer
	oneBytes int           // of one partition in it
	wait     time.Duration // how long the broker may hold the request, or how long to rest
}

// plan decides what a loop does next, and makes cancel the way to interrupt it.
func (f *Fetcher) plan(l *leader, cancel context.CancelFunc) poll {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.used >= f.cfg.BufferBytes {
		return poll{wait: forever}
	}
	room := (f.cfg.BufferBytes - f.used) / len(f.leaders)
	next := poll{
		topicID:  f.topic.ID,
		maxBytes: min(f.cfg.MaxBytes, l.growth.ask(max(room, f.cfg.PartitionMaxBytes))),
		oneBytes: l.growth.ask(f.cfg.PartitionMaxBytes),
		wait:     f.cfg.MaxWait,
	}
	now := time.Now()
	retry := forever
	for _, p := range f.assigned {
		switch {
		case p.leader != l.node || p.dead || p.topicID != f.topic.ID:
		case now.Before(p.retryAt):
			retry = min(retry, p.retryAt.Sub(now))
		case f.full(p):
			next.wait = min(next.wait, shortWait)
		default:
			next.asked = append(next.asked, asked{p, p.offset, p.epoch, p.leaderEpoch, p.aligned, p.alone})
		}
	}
	if len(next.asked) == 0 {
		next.wait = retry
		return next
	}
	next.wait = min(next.wait, retry)
	next.order()
	l.abandon = cancel
	return next
}

// order puts the partition first that got nothing for the longest: a broker fills its answer in the
// order of the request, and promises only the first one a batch that is larger than the bounds. Taking
// turns is not fair where full buffers change who is asked. One that must be alone is. The caller holds
// Fetcher.mu.
func (n *poll) order() {
	if i := slices.IndexFunc(n.asked, func(a asked) bool { return a.alone }); i >= 0 {
		n.asked = n.asked[i : i+1]
		return
	}
	slices.SortFunc(n.asked, func(a, b asked) int {
		return cmp.Or(a.partition.lastProgress.Compare(b.partition.lastProgress),
			cmp.Compare(a.partition.id, b.partition.id))
	})
}

// request builds the Fetch request. Fetch sessions (KIP-227) are not used: what is asked for changes
// with every full buffer.
func (n *poll) request(cfg Config) *kmsg.FetchRequest {
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic, topic.TopicID = cfg.Topic, n.topicID
	for _, a := range n.asked {
		p := kmsg.NewFetchRequestTopicPartition()
		p.Partition = a.partition.id
		p.FetchOffset = a.offset
		p.LastFetchedEpoch = a.epoch
		p.CurrentLeaderEpoch = a.leaderEpoch
		p.PartitionMaxBytes = int32(n.oneBytes) //nolint:gosec // see Config.validate
		topic.Partitions = append(topic.Partitions, p)
	}
	req := kmsg.NewPtrFetchRequest()
	req.ReplicaID = -1
	req.ReplicaState.ID = -1
	req.MaxWaitMillis = int32(n.wait.Milliseconds()) //nolint:gosec // see Config.validate
	req.MinBytes = int32(cfg.MinBytes)               //nolint:gosec // see Config.validate
	req.MaxBytes = int32(n.maxBytes)                 //nolint:gosec // see Config.validate
	req.IsolationLevel = readCommitted
	req.SessionEpoch = -1
	req.Topics = []kmsg.FetchRequestTopic{topic}
	return req
}

// maxVersion is the highest version of Fetch to use: without a topic id the topic must be named.
func (n *poll) maxVersion() int16 {
	if n.topicID == (TopicID{}) {
		return 12
	}
	return maxVersion
}

// answered notes that a loop's request is over.
func (f *Fetcher) answered(l *leader, err error, abandoned bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l.abandon = nil
	if !abandoned {
		l.trouble = err
	}
}
