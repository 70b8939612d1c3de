package intake

import (
	"context"
	"errors"
	"time"
)

// refreshLoop asks for metadata when it is wanted, and again for as long as it cannot be had or
// leaves a partition without a leader.
func (f *Fetcher) refreshLoop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.refresh:
		}
		topic, err := f.cluster.askTopic(ctx)
		if ctx.Err() != nil {
			return
		}
		if f.learn(topic, err) {
			f.wantRefresh()
		}
		if !pause(ctx, f.cfg.backoff()) {
			return
		}
	}
}

// sightsToFail is how often in a row, RefreshBackoff apart, the topic must be seen with another id
// before it counts as recreated: a broker that lags behind may still tell of the topic before.
const sightsToFail = 3

// learn routes the partitions by new metadata, fails those of a topic that is gone, and reports
// whether it must be asked for again.
func (f *Fetcher) learn(topic Topic, err error) (again bool) {
	f.mu.Lock()
	f.setMissing(err)
	if err != nil {
		f.mu.Unlock()
		return true
	}
	f.topic = topic
	var recreated []asked
	for _, p := range f.assigned {
		switch {
		case p.dead || f.route(p):
		case p.topicID == topic.ID:
			f.setTrouble(p, errNoLeader)
			again = true
		case p.strange < sightsToFail-1:
			p.strange++
			again = true
		default:
			recreated = append(recreated, asked{partition: p, offset: p.offset})
		}
	}
	f.mu.Unlock()
	for _, a := range recreated {
		f.fail(a, &TopicRecreatedError{
			Topic: topic.Name, Partition: a.partition.id, Want: a.partition.topicID, Got: topic.ID,
		})
	}
	return again
}

// setMissing logs when the brokers stop and begin to tell about the topic; that they cannot be reached
// is logged by the Cluster. The caller holds mu.
func (f *Fetcher) setMissing(err error) {
	var unreachable *UnreachableError
	refused := err != nil && !errors.As(err, &unreachable)
	switch {
	case refused == f.refused:
	case refused:
		f.cfg.Logger.Warn("topic cannot be read for now", "topic", f.cfg.Topic, "error", err)
	default:
		f.cfg.Logger.Info("topic can be read again", "topic", f.cfg.Topic)
	}
	f.missing, f.refused = err, refused
}

// route gives a partition to the loop of its leader and reports whether it has one. The caller holds mu.
func (f *Fetcher) route(p *partition) bool {
	if p.topicID == (TopicID{}) {
		p.topicID = f.topic.ID
	}
	to := Partition{Leader: -1, LeaderEpoch: -1}
	if p.topicID == f.topic.ID && p.id >= 0 && int(p.id) < len(f.topic.Partitions) {
		to = f.topic.Partitions[p.id]
		p.strange = 0
	}
	changed := p.leader != to.Leader || p.leaderEpoch != to.LeaderEpoch
	p.leader, p.leaderEpoch = to.Leader, to.LeaderEpoch
	if to.Leader < 0 {
		return false
	}
	if changed {
		p.retryAt = time.Time{}
		f.leader(to.Leader).interrupt()
	}
	return true
}

// leader returns the loop of a broker, starting it if it is new. The caller holds mu.
func (f *Fetcher) leader(node int32) *leader {
	l := f.leaders[node]
	if l == nil {
		l = newLeader(f, node)
		f.leaders[node] = l
		if f.spawn != nil {
			f.spawn(l)
		}
	}
	return l
}
