package bench

import (
	"context"
	"errors"
)

// job is a topic to be worked off by workers.
type job struct {
	part    string
	books   *books
	topic   *topic
	group   string
	workers int // 0: one, that is not waited for
}

// work times workers from right before the first fetch until all offsets are
// committed, and audits what they wrote.
func (b *bench) work(ctx context.Context, j job) (run Sample, err error) {
	m, err := b.place.newMeter(ctx)
	if err != nil {
		return run, err
	}
	c := b.newCrew(j.books, j.topic, j.group)
	defer func() { err = errors.Join(err, c.stop()) }()
	if j.workers == 0 {
		_, err = c.start()
	} else {
		err = c.gate(ctx, j.workers)
	}
	if err != nil {
		return run, err
	}
	end, err := b.awaitCommitted(ctx, j.topic, j.group, c.look)
	if err != nil {
		return run, err
	}
	cost, err := m.stop(ctx, j.topic.content.commands)
	if err != nil {
		return run, err
	}
	began, err := c.firstAssigned()
	if err != nil {
		return run, err
	}
	if err := c.stop(); err != nil {
		return run, err
	}
	payments := j.topic.content.commands
	cpu := c.cpu().Seconds() * 1e6 / float64(payments)
	cost.WorkerCPU, cost.PeakMemory = &cpu, c.peak
	return newRun(payments, end.Sub(began).Seconds(), cost), auditLedger(ctx, j.books.conn, j.part, j.topic.content)
}

// endToEnd has a fresh ledger written.
func (b *bench) endToEnd(ctx context.Context, part string, w *workload, t *topic) (Sample, error) {
	b.say("%s: opening accounts", part)
	books, err := b.place.openLedger(ctx, part, w)
	if err != nil {
		return Sample{}, err
	}
	b.say("%s", part)
	group := b.place.newGroup(part)
	run, err := b.work(ctx, job{part: part, books: books, topic: t, group: group, workers: w.shape.workers})
	if err != nil {
		return run, err
	}
	if run.RowsPerCommit, err = rowsPerCommit(ctx, books.conn); err != nil {
		return run, err
	}
	return run, books.drop(ctx)
}

// replay has workers read the reference's topic again from its start: all of it
// is answered from what is stored.
func (b *bench) replay(ctx context.Context) (Sample, error) {
	b.say("%s", partReplay)
	r := b.reference
	start := make(map[int32]int64, len(r.topic.partitions))
	for _, id := range r.topic.partitions {
		start[id] = 0
	}
	if err := r.topic.cluster.CommitOffsets(ctx, r.group, start); err != nil {
		return Sample{}, err
	}
	return b.work(ctx, job{part: partReplay, books: r.books, topic: r.topic, group: r.group})
}
