package bench

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"
)

// pacer sends commands at a steady rate, whatever becomes of them (an open
// loop): each has its time, set beforehand. When the pacer itself is late, the
// record's time does not change, so that no wait goes unseen.
type pacer struct {
	topic   *topic
	load    *workload
	rate    float64     // a second
	records []paced     // those that were sent, after run
	sent    func(n int) // is told how many, so far; nil for nobody
}

// paced is a record on its way.
type paced struct {
	scheduled, acknowledged time.Time
	partition               int32
	offset                  int64
}

// paceInterval is how often those are sent whose time has come.
const paceInterval = time.Millisecond

func newPacer(t *topic, w *workload, rate float64) *pacer {
	return &pacer{topic: t, load: w, rate: rate, records: make([]paced, w.Count)}
}

// run sends all commands of the workload, or until until ends; it returns when
// the broker has acknowledged what was sent.
func (p *pacer) run(ctx, until context.Context) error {
	transport, err := p.topic.kafka.Transport()
	if err != nil {
		return err
	}
	defer transport.CloseIdleConnections()
	known, err := p.topic.cluster.Topic(ctx)
	if err != nil {
		return err
	}
	tasks, sending := errgroup.WithContext(ctx)
	byLeader := make(map[int32]*outlet)
	outlets := make([]*outlet, len(known.Partitions))
	for i, partition := range known.Partitions {
		o := byLeader[partition.Leader]
		if o == nil {
			o = newOutlet(transport, p.topic.kafka.Brokers, p.topic.name)
			byLeader[partition.Leader] = o
			tasks.Go(func() error { return o.run(sending, p.records) })
		}
		outlets[i] = o
	}
	sent, err := p.send(sending, until, outlets)
	for _, o := range byLeader {
		o.end()
	}
	if lost := tasks.Wait(); lost != nil {
		err = lost // why the sending was given up
	}
	p.records = p.records[:sent]
	return err
}

func (p *pacer) send(ctx, until context.Context, outlets []*outlet) (sent int, err error) {
	next, stop := iter.Pull(p.load.Commands())
	defer stop()
	balancer := kafka.Murmur2Balancer{} // as the Java clients place keys
	ids := make([]int, len(outlets))
	for i := range ids {
		ids[i] = i
	}
	began := time.Now()
	for sent < len(p.records) && until.Err() == nil {
		if ctx.Err() != nil {
			return sent, ctx.Err()
		}
		due := min(len(p.records), int(time.Since(began).Seconds()*p.rate)+1)
		for ; sent < due; sent++ {
			command, more := next()
			if !more {
				return sent, errors.New("there are fewer commands than were to be sent")
			}
			value, err := p.load.encode(command)
			if err != nil {
				return sent, err
			}
			key := []byte(command.OrderID)
			p.records[sent].scheduled = began.Add(time.Duration(float64(sent) / p.rate * float64(time.Second)))
			partition := balancer.Balance(kafka.Message{Key: key}, ids...)
			outlets[partition].put(outgoing{sent, int32(partition), key, value}) //nolint:gosec // at most 1000
			p.topic.content.add(command.Amount)
		}
		if p.sent != nil {
			p.sent(sent)
		}
		pause(paceInterval)
	}
	return sent, nil
}
