package bench

import (
	"context"
	"fmt"
)

// part is something that is measured in each round.
type part struct {
	name string
	run  func(context.Context) (Sample, error)
	into **Throughput
}

// measureThroughput measures the parts that are a number of payments a second.
func (b *bench) measureThroughput(ctx context.Context, report *Report) error {
	usual := newWorkload(&b.cfg, shape{}, b.cfg.Commands, b.cfg.Seed)
	var few *topic
	var fewer *workload
	all := []part{
		{partFloor, func(ctx context.Context) (Sample, error) {
			return b.floor(ctx, b.reference.books, b.reference.copies)
		}, &report.Floor},
		{partEndToEnd, func(ctx context.Context) (Sample, error) {
			return b.endToEnd(ctx, partEndToEnd, usual, b.reference.topic)
		}, &report.EndToEnd},
		{partReplay, b.replay, &report.Replay},
		{partBatched, func(ctx context.Context) (Sample, error) {
			return b.runPeer(ctx, newBatched(b.cfg.Partitions), usual, b.reference.topic)
		}, &report.Batched},
		{partNaive, func(ctx context.Context) (Sample, error) {
			return b.runPeer(ctx, newNaive(b.cfg.Partitions), fewer, few)
		}, &report.Naive},
	}
	var parts []part
	for _, p := range all {
		if b.cfg.has(p.name) || p.name == partEndToEnd && b.cfg.has(partLatency) {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	if err := b.prepare(ctx, usual); err != nil {
		return err
	}
	if b.cfg.has(partNaive) {
		fewer = newWorkload(&b.cfg, shape{}, max(b.cfg.Commands/naiveShare, min(b.cfg.Commands, naiveLeast)), b.cfg.Seed)
		var err error
		if few, err = b.filled(ctx, partNaive, fewer); err != nil {
			return err
		}
	}
	return b.rounds(ctx, parts)
}

// The naive service gets one of so many commands, but not fewer than the least:
// it is that much slower.
const (
	naiveShare = 100
	naiveLeast = 200
)

// rounds runs each part once a round; who is first changes from round to round.
func (b *bench) rounds(ctx context.Context, parts []part) error {
	runs := make(map[string][]Sample)
	for round := range b.cfg.Runs {
		b.inRound(round)
		for i := range parts {
			p := parts[(round+i)%len(parts)]
			run, err := p.run(ctx)
			if err != nil {
				return fmt.Errorf("run %d: %w", round+1, err)
			}
			runs[p.name] = append(runs[p.name], run)
		}
	}
	for _, p := range parts {
		*p.into = summarize(runs[p.name])
	}
	return nil
}

// filled is a new topic with the workload's commands in it.
func (b *bench) filled(ctx context.Context, name string, w *workload) (*topic, error) {
	t, err := b.place.createTopic(ctx, name, b.cfg.Partitions)
	if err != nil {
		return nil, err
	}
	b.say("filling topic %s", t.name)
	var sent int64
	return t, w.fill(ctx, t, func(n int64) {
		sent += n
		b.done(sent, int64(w.Count))
	})
}

// prepare fills the topic and has a worker write the reference, which also warms
// up the servers.
func (b *bench) prepare(ctx context.Context, w *workload) error {
	t, err := b.filled(ctx, "usual", w)
	if err != nil {
		return err
	}
	r := &reference{topic: t, group: b.place.newGroup("reference")}
	b.reference = r
	b.say("warming up: opening accounts")
	if r.books, err = b.place.openLedger(ctx, "reference", w); err != nil {
		return err
	}
	b.say("warming up")
	if _, err := b.work(ctx, job{part: "warming up", books: r.books, topic: t, group: r.group}); err != nil {
		return err
	}
	if b.cfg.has(partFloor) {
		r.copies, err = exportCopies(ctx, r.books.conn, b.cfg.BatchMax)
	}
	return err
}

// compare adds the ratios of what was measured.
func (r *Report) compare() {
	shape := func(name string) *Throughput { return r.Shapes[name] }
	for _, pair := range []struct {
		over, under string
		a, b        *Throughput
	}{
		{partEndToEnd, partFloor, r.EndToEnd, r.Floor},
		{partEndToEnd, partBatched, r.EndToEnd, r.Batched},
		{partEndToEnd, partNaive, r.EndToEnd, r.Naive},
		{partReplay, partEndToEnd, r.Replay, r.EndToEnd},
		{"value_2000", "value_200", shape("value_2000"), shape("value_200")},
		{"workers_2", "workers_1", shape("workers_2"), shape("workers_1")},
		{"workers_4", "workers_1", shape("workers_4"), shape("workers_1")},
	} {
		if pair.a != nil && pair.b != nil {
			r.Ratios[pair.over+"/"+pair.under] = pair.a.PaymentsPerSecond / pair.b.PaymentsPerSecond
		}
	}
	for name, t := range r.Shapes {
		if name != shapeBaseline {
			r.Ratios[name+"/"+shapeBaseline] = t.PaymentsPerSecond / shape(shapeBaseline).PaymentsPerSecond
		}
	}
}
