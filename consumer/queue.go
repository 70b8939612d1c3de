package consumer

import (
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/intake"
	"deductor/consumer/settle"
)

// queue holds what was fetched of one partition and is not yet being settled.
type queue struct {
	mu     sync.Mutex
	chunks []*intake.Chunk
	end    error // why nothing more will come; nil while it may
	pace   pace
	wake   func() // called when a replay's rate lets more be taken
}

// portion is a run of a partition's records, taken to be settled together.
type portion struct {
	partition   *partition
	start, end  int64
	leaderEpoch int32
	records     []*kgo.Record
	emptied     []*intake.Chunk
	fetched     time.Time // the first of them
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
	if room = q.pace.limit(q.chunks[0].Start, room, time.Now()); room == 0 {
		q.wakeLater()
		return portion{}, false
	}
	defer func() { q.pace.spend(len(taken.records)) }()
	taken.start, taken.fetched = q.chunks[0].Start, q.chunks[0].Fetched
	for len(q.chunks) > 0 {
		chunk := q.chunks[0]
		if n := room - len(taken.records); len(chunk.Records) > n {
			if n > 0 {
				taken.cut(chunk, n)
			}
			break
		}
		taken.add(chunk.Records)
		taken.end, taken.leaderEpoch = chunk.End, chunk.LeaderEpoch
		taken.emptied = append(taken.emptied, chunk)
		q.chunks = q.chunks[1:]
	}
	return taken, true
}

// begin sets the pace for what is added from now on.
func (q *queue) begin(replay settle.Replaying, wake func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pace, q.wake = pace{replay: replay, at: time.Now()}, wake
}

func (q *queue) wakeLater() {
	if q.pace.waiting {
		return
	}
	q.pace.waiting = true
	time.AfterFunc(breath, func() {
		q.mu.Lock()
		q.pace.waiting = false
		wake := q.wake
		q.mu.Unlock()
		wake()
	})
}

// add adds records. The first are left where they are: often they are all, and
// what is added to them goes elsewhere, as there is no room behind them.
func (p *portion) add(records []*kgo.Record) {
	if len(p.records) == 0 {
		p.records = slices.Clip(records)
		return
	}
	p.records = append(p.records, records...)
}

// cut takes the first n of a chunk's more than n records, and ends right after
// the last of them: its leader epoch is the one to be stored (KIP-320).
func (p *portion) cut(chunk *intake.Chunk, n int) {
	last := chunk.Records[n-1]
	p.add(chunk.Records[:n])
	p.end, p.leaderEpoch = last.Offset+1, last.LeaderEpoch
	chunk.Start, chunk.Records = p.end, chunk.Records[n:]
}

// length is how many records are queued.
func (q *queue) length() (records int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, chunk := range q.chunks {
		records += len(chunk.Records)
	}
	return records
}

// close notes why nothing more will come. What came before is still taken.
func (q *queue) close(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.end = err
}

// ended returns why nothing more will come, once everything was taken.
func (q *queue) ended() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.chunks) > 0 {
		return nil
	}
	return q.end
}

// oldest is the timestamp of the first record that is queued; zero when there is
// none.
func (q *queue) oldest() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, chunk := range q.chunks {
		if first := oldest(chunk.Records, chunk.Fetched); !first.IsZero() {
			return first
		}
	}
	return time.Time{}
}

// drop gives up what is queued, and makes the queue ready for a new beginning.
func (q *queue) drop() {
	q.mu.Lock()
	dropped := q.chunks
	q.chunks, q.end = nil, nil
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
