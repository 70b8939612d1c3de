package topicaudit

import (
	"context"

	"deductor/consumer/command"
	"deductor/consumer/intake"
	"deductor/consumer/settle"
	"deductor/internal/topicscan"
)

// batchMax is how many records are judged at once.
const batchMax = 5000

// judge reads the ranges, and compares each record with what is recorded.
func (r *run) judge(ctx context.Context) error {
	if r.total == 0 {
		return nil
	}
	for len(r.conns) < lanes {
		conn, err := r.Connect(ctx)
		if err != nil {
			return err
		}
		r.conns = append(r.conns, conn)
	}
	r.decoders = make([]command.Decoder, lanes)
	scan := &topicscan.Scan{Cluster: r.Cluster, TopicID: r.topicID, Ranges: r.ranges, Lanes: lanes,
		Each: r.each, Gone: r.gone}
	return scan.Run(ctx)
}

func (r *run) each(ctx context.Context, lane int, chunk *intake.Chunk) error {
	key := settle.Key{Group: r.Group, Topic: r.report.Topic, Partition: chunk.Partition}
	for start, records := chunk.Start, chunk.Records; len(records) > 0; {
		n := min(batchMax, len(records))
		slice := settle.Slice{Key: key, SourceID: r.sources[chunk.Partition], Start: start, End: records[n-1].Offset + 1,
			Items: make([]settle.Item, n)}
		for i, record := range records[:n] {
			item := &slice.Items[i]
			item.Record = record
			item.Command, item.Rejection = r.decoders[lane].Decode(record.Value)
		}
		judgement, err := settle.Judge(ctx, r.conns[lane], slice)
		if err != nil {
			return err
		}
		r.note(chunk.Partition, n, &judgement)
		start, records = slice.End, records[n:]
	}
	r.advance(chunk.End - chunk.Start)
	return nil
}

func (r *run) note(partition int32, records int, judgement *settle.Judgement) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Records += int64(records)
	r.report.Pruned += judgement.Pruned
	for i := range judgement.Faults {
		r.report.addFault(&judgement.Faults[i], r.Limit)
	}
	for _, offset := range judgement.Own {
		r.own[partition].add(offset)
	}
}

func (r *run) advance(offsets int64) {
	r.mu.Lock()
	r.done += offsets
	done := r.done
	r.mu.Unlock()
	r.Progress(done, r.total)
}

// gone leaves out what retention removed while the log was read.
func (r *run) gone(partition int32, gone topicscan.Range) {
	r.mu.Lock()
	r.warn("partition %d: retention removed offsets %d to %d before they were judged", partition, gone.Start, gone.End-1)
	for offset := gone.Start; offset < gone.End; offset++ {
		r.own[partition].add(offset) // nobody can tell whether they held their orders
	}
	r.mu.Unlock()
	r.advance(gone.End - gone.Start)
}

// offsetSet is a set of offsets of a range, one bit each.
type offsetSet struct {
	start int64
	bits  []uint64
}

func newOffsetSet(start, end int64) *offsetSet {
	return &offsetSet{start: start, bits: make([]uint64, (end-start+63)/64)}
}

func (s *offsetSet) add(offset int64) {
	at := offset - s.start
	s.bits[at/64] |= 1 << (at % 64)
}

func (s *offsetSet) has(offset int64) bool {
	at := offset - s.start
	return s.bits[at/64]&(1<<(at%64)) != 0
}
