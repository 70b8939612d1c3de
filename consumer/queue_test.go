package consumer

import (
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"deductor/consumer/intake"
)

// However a queue is emptied, the portions follow each other without a hole and
// carry every record once.
func TestQueuePortionsFollowEachOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var fetched, settled int64 // next offset
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "fetch") {
				chunk := drawChunk(t, fetched)
				fetched = chunk.End
				q.add(chunk)
				continue
			}
			settled = takePortion(t, &q, rapid.IntRange(1, 7).Draw(t, "room"), settled)
		}
		for settled < fetched {
			settled = takePortion(t, &q, 3, settled)
		}
		if _, more := q.take(3); more {
			t.Fatal("something is left in an empty queue")
		}
	})
}

func drawChunk(t *rapid.T, start int64) *intake.Chunk {
	chunk := &intake.Chunk{Start: start, End: start}
	for range rapid.IntRange(0, 9).Draw(t, "records") {
		chunk.End += rapid.Int64Range(0, 2).Draw(t, "aborted")
		chunk.Records = append(chunk.Records, &kgo.Record{Offset: chunk.End})
		chunk.End++
	}
	chunk.End += rapid.Int64Range(1, 2).Draw(t, "markers")
	return chunk
}

func takePortion(t *rapid.T, q *queue, room int, from int64) int64 {
	var left []int64
	for _, chunk := range q.chunks {
		for _, record := range chunk.Records {
			left = append(left, record.Offset)
		}
	}
	portion, ok := q.take(room)
	if !ok {
		return from
	}
	if portion.start != from || portion.end <= portion.start {
		t.Fatalf("portion from %d to %d, want it to begin at %d", portion.start, portion.end, from)
	}
	if len(portion.records) > room {
		t.Fatalf("%d records, room for %d", len(portion.records), room)
	}
	for i, record := range portion.records {
		if record.Offset != left[i] || record.Offset < portion.start || record.Offset >= portion.end {
			t.Fatalf("record %d of the portion %d to %d is offset %d, want %d",
				i, portion.start, portion.end, record.Offset, left[i])
		}
	}
	if len(portion.records) < len(left) && left[len(portion.records)] < portion.end {
		t.Fatalf("the portion ends at %d, beyond offset %d that is not in it", portion.end, left[len(portion.records)])
	}
	return portion.end
}

// The leader epoch that is stored belongs to the record before the position
// (KIP-320), also where a marker of another epoch follows a cut.
func TestQueueCutsRightAfterARecord(t *testing.T) {
	t.Parallel()
	var q queue
	q.add(&intake.Chunk{Start: 8, End: 13, LeaderEpoch: 5, Records: []*kgo.Record{
		{Offset: 8, LeaderEpoch: 3}, {Offset: 9, LeaderEpoch: 3}, {Offset: 12, LeaderEpoch: 5},
	}})
	first, _ := q.take(2)
	if first.end != 10 || first.leaderEpoch != 3 {
		t.Errorf("cut at %d under epoch %d, want 10 under 3", first.end, first.leaderEpoch)
	}
	second, _ := q.take(2)
	if second.start != 10 || second.end != 13 || second.leaderEpoch != 5 {
		t.Errorf("the rest is %d to %d under epoch %d, want 10 to 13 under 5",
			second.start, second.end, second.leaderEpoch)
	}
}

// What was found broken stops the partition only once all before it was taken.
func TestQueueEndsBehindWhatCameBefore(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	var q queue
	q.add(&intake.Chunk{Start: 0, End: 1, Records: []*kgo.Record{{Offset: 0}}})
	q.close(broken)
	if err := q.ended(); err != nil {
		t.Errorf("ended with %v although a record waits", err)
	}
	q.take(1)
	if err := q.ended(); !errors.Is(err, broken) {
		t.Errorf("ended with %v, want %v", err, broken)
	}
	q.drop()
	if err := q.ended(); err != nil {
		t.Errorf("a queue that begins anew ended with %v", err)
	}
}

// A portion shares memory with the chunk that it begins with, and writes none of it.
func TestPortionLeavesChunksAsTheyAre(t *testing.T) {
	t.Parallel()
	chunk, other := chunkOf(0, 3), chunkOf(7, 1)
	var p portion
	p.add(chunk.Records[:2])
	p.add(other.Records)
	if chunk.Records[2].Offset != 2 || len(p.records) != 3 || p.records[2].Offset != 7 {
		t.Errorf("the chunk's third record is now that of offset %d, the portion has %d",
			chunk.Records[2].Offset, len(p.records))
	}
}
