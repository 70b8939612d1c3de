package intake

import (
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Position says where to read a partition from. Build it with At: its zero value claims leader epoch 0.
type Position struct {
	Offset int64

	// LeaderEpoch is the epoch of the record before Offset (a Chunk's, if Offset is its End), or -1 if it is
	// not known. By it the broker can tell that its log was cut back and written anew since (KIP-320).
	LeaderEpoch int32

	// TopicID is the topic that Offset is of. Zero takes the topic that has the name now.
	TopicID TopicID
}

// At is the position at an offset of which nothing else is known.
func At(offset int64) Position { return Position{Offset: offset, LeaderEpoch: -1} }

// Receiver takes what a Fetcher reads of one partition. Its methods are called in offset order and
// never two at once, with a lock held that Fetcher.Unassign takes too: they must not block, nor
// call the Fetcher.
type Receiver interface {
	// Receive takes the next records. Each chunk starts where the one before ended.
	Receive(*Chunk)

	// Fail says that the partition is read no further until it is assigned again. The error is a Halt.
	Fail(error)
}

// Chunk is what one answer held of one partition: its committed records of the offsets Start to End-1.
// Offsets without a record are control records' and aborted transactions'; a chunk may hold nothing else.
type Chunk struct {
	Partition   int32
	Start       int64 // the offset asked for
	End         int64 // the next offset to read
	LeaderEpoch int32 // of the last batch: the epoch of the record before End
	Records     []*kgo.Record

	// Bytes is what the chunk counts for against the buffers until it is released: its keys, values
	// and headers, decompressed, what holds them, and [Config.ReceiverBytes] for each.
	Bytes int

	HighWatermark int64 // the log's end
	LastStable    int64 // the offset up to which transactions are decided
	LogStart      int64

	// Fetched is when it was delivered.
	Fetched time.Time

	fetcher  *Fetcher
	owner    *partition
	released atomic.Bool
}

const chunkBytes = int(unsafe.Sizeof(Chunk{}))

// Release gives the chunk's bytes back to the buffers, so that more can be fetched. To be called when
// the records are no longer used, from any goroutine, also after the partition was unassigned. Only
// the first call counts.
func (c *Chunk) Release() {
	if c.released.CompareAndSwap(false, true) {
		c.fetcher.release(c.owner, c.Bytes)
	}
}
