package intake

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// take deals with the answer to a poll.
func (l *leader) take(ctx context.Context, p poll, done *exchange) {
	f := l.fetcher
	resp := done.resp.(*kmsg.FetchResponse)
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		for _, a := range p.asked {
			f.hold(a.partition, err)
		}
		f.wantRefresh()
		return
	}
	byID := make(map[int32]asked, len(p.asked))
	for _, a := range p.asked {
		byID[a.partition.id] = a
	}
	for i := range resp.Topics {
		for j := range resp.Topics[i].Partitions {
			part := &resp.Topics[i].Partitions[j]
			if a, ok := byID[part.Partition]; ok {
				delete(byID, part.Partition) // once each
				l.takePartition(ctx, a, part, done.size)
			}
		}
	}
	f.cfg.Delivered()
}

// takePartition deals with one partition of an answer of so many bytes.
func (l *leader) takePartition(ctx context.Context, a asked, p *kmsg.FetchResponseTopicPartition, answer int) {
	f := l.fetcher
	switch err := kerr.ErrorForCode(p.ErrorCode); {
	case errors.Is(err, kerr.OffsetOutOfRange):
		l.outOfRange(ctx, a)
	case errors.Is(err, kerr.CorruptMessage):
		f.doubt(a, &CorruptError{
			Topic: f.cfg.Topic, Partition: p.Partition, Offset: a.offset, Reason: "the broker cannot read it", Err: err,
		})
	case err != nil:
		f.hold(a.partition, err)
		f.wantRefresh()
	case p.DivergingEpoch.EndOffset >= 0:
		f.fail(a, &TruncatedError{
			Topic: f.cfg.Topic, Partition: p.Partition, Offset: a.offset, Epoch: a.epoch,
			LogEpoch: p.DivergingEpoch.Epoch, LogEnd: p.DivergingEpoch.EndOffset,
		})
	default:
		l.takeRecords(a, p, answer)
	}
}

func (l *leader) takeRecords(a asked, p *kmsg.FetchResponseTopicPartition, answer int) {
	f := l.fetcher
	if !f.admit(a, p) {
		return
	}
	// Records share the answer's memory. A small part of an answer gets memory of its own, lest one
	// slow partition keep the whole.
	own := len(p.RecordBatches) < answer/2
	got, wrong := l.decoder.decode(p, a.offset, a.aligned, own)
	l.growth.learn(got.read, got.bytes)
	switch {
	case wrong != nil:
		f.doubt(a, wrong)
	case got.end > a.offset:
		f.deliver(a, &Chunk{
			Partition: p.Partition, Start: a.offset, End: got.end, LeaderEpoch: got.epoch,
			Records: got.records, Bytes: got.bytes + chunkBytes,
			HighWatermark: p.HighWatermark, LastStable: p.LastStableOffset, LogStart: p.LogStartOffset,
			fetcher: f, owner: a.partition,
		})
	case len(p.RecordBatches) > 0:
		f.incomplete(a, len(p.RecordBatches))
	default:
		f.clear(a)
	}
}

// admit notes what an answer says of a partition's log, and reports whether its records are of use
// and there is memory for them.
func (f *Fetcher) admit(a asked, p *kmsg.FetchResponseTopicPartition) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.current(a) {
		return false
	}
	to := a.partition
	to.highWatermark, to.lastStable, to.logStart = p.HighWatermark, p.LastStableOffset, p.LogStartOffset
	to.lastFetch = time.Now()
	if a.offset >= p.LastStableOffset {
		to.lastProgress = to.lastFetch // all is read
	}
	return f.used < f.cfg.BufferBytes
}

// clear notes that a partition was read without an error, if there was nothing in it.
func (f *Fetcher) clear(a asked) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current(a) {
		f.setTrouble(a.partition, nil)
	}
}

// incomplete deals with an answer that holds less than one batch. A broker sends the first batch of an
// answer whole, whatever its size (KIP-74), so the partition is asked for alone; if that is not
// enough, the batch's length is wrong.
func (f *Fetcher) incomplete(a asked, bytes int) {
	if a.alone {
		from := origin{f.cfg.Topic, a.partition.id}
		f.doubt(a, from.corrupt(a.offset, "only %d bytes of it came, though nothing else was asked for", bytes))
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current(a) {
		a.partition.alone = true
	}
}

// outOfRange finds out why the broker says that an offset is outside the log. It says so too when the
// log has no epoch as new as the one the record before was read with.
func (l *leader) outOfRange(ctx context.Context, a asked) {
	f := l.fetcher
	ctx, cancel := context.WithTimeout(ctx, f.cfg.RequestTimeout)
	defer cancel()
	ranges := make(map[int32]LogRange, 1)
	id := a.partition.id
	if err := f.cluster.askRanges(ctx, []int32{id}, ranges); err != nil {
		f.hold(a.partition, err)
		return
	}
	log := ranges[id]
	switch {
	case a.offset < log.Start || a.offset > log.End:
		f.fail(a, &OutOfRangeError{
			Topic: f.cfg.Topic, Partition: id, Offset: a.offset, LogStart: log.Start, LogEnd: log.End,
		})
	case a.epoch >= 0:
		f.doubt(a, &TruncatedError{
			Topic: f.cfg.Topic, Partition: id, Offset: a.offset, Epoch: a.epoch, LogEpoch: -1, LogEnd: log.End,
		})
	default:
		f.hold(a.partition, kerr.OffsetOutOfRange) // it is not any more
	}
}
