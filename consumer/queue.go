package consumer

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/intake"
)

// queue holds what was fetched of one partition and is not yet being settled.
type queue struct {
	mu     sync.Mutex
	chunks []*intake.Chunk
}

// portion is a run of a partition's records, taken to be settled together.
type portion struct {
	partition   *partition
	start, end  int64
	leaderEpoch int32
	records     []*kgo.Record
	emptied     []*intake.Chunk
}

func (q *queue) add(chunk *intake.Chunk) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.chunks = append(q.chunks, chunk)
}

// take takes up to room records off the queue (and positions past markers and
// aborted records, which take no room). It is false when there is nothing.
func (q *queue) take(room int) (taken portion, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.chunks) == 0 {
		return portion{}, false
	}
	taken.start = q.chunks[0].Start
	for len(q.chunks) > 0 {
		chunk := q.chunks[0]
		if n := room - len(taken.records); len(chunk.Records) > n {
			if n > 0 {
				taken.cut(chunk, n)
			}
			break
		}
		taken.records = append(taken.records, chunk.Records...)
		taken.end, taken.leaderEpoch = chunk.End, chunk.LeaderEpoch
		taken.emptied = append(taken.emptied, chunk)
		q.chunks = q.chunks[1:]
	}
	return taken, true
}

// cut takes the first n of a chunk's more than n records.
func (p *portion) cut(chunk *intake.Chunk, n int) {
	p.records = append(p.records, chunk.Records[:n]...)
	p.leaderEpoch = chunk.Records[n-1].LeaderEpoch
	chunk.Records = chunk.Records[n:]
	chunk.Start = chunk.Records[0].Offset
	p.end = chunk.Start
}

// drop gives up what is queued.
func (q *queue) drop() {
	q.mu.Lock()
	dropped := q.chunks
	q.chunks = nil
	q.mu.Unlock()
	for _, chunk := range dropped {
		chunk.Release()
	}
}

// release gives the portion's memory back to the fetcher.
func (p *portion) release() {
	for _, chunk := range p.emptied {
		chunk.Release()
	}
}

// settled moves the partition's offset past the portion.
func (p *portion) settled() { p.partition.settled(p.end) }
