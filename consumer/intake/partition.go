package intake

import (
	"errors"
	"sync"
	"time"
)

// partition is one assignment of a partition. It is never reused: what is still in flight for an
// assignment that ended is recognised by its partition no longer being the assigned one.
type partition struct {
	id int32
	to Receiver

	// deliver is held while the receiver is called, and while the position moves. With it an answer
	// is delivered only where the one before ended, also when two loops hold one because the
	// leader changed.
	deliver sync.Mutex

	// The rest is guarded by Fetcher.mu.

	topicID     TopicID // the topic that the position is of, zero until it is known
	offset      int64   // the next to read
	epoch       int32   // of the record before it, -1 unknown
	leader      int32   // node id, -1 while there is none
	leaderEpoch int32

	aligned bool // a batch ended at offset: the next must begin there
	alone   bool // its next batch came incomplete: ask for nothing beside it
	doubts  int  // how often in a row the batch at offset was found to be wrong
	strange int  // how often in a row the topic was seen with another id
	dead    bool // it failed

	retryAt  time.Time
	trouble  error // why it is not being read just now, nil if it is
	buffered int   // bytes delivered and not released

	highWatermark, lastStable, logStart int64
	lastFetch, lastProgress             time.Time
}

// doubtsToFail is how often a batch must be found wrong before the partition fails: a bit may have
// flipped on the way, in the part of a batch that its checksum does not cover too.
const doubtsToFail = 3

var errNoLeader = errors.New("the partition has no leader")

func newPartition(id int32, at Position, to Receiver) *partition {
	return &partition{
		id: id, to: to, topicID: at.TopicID, offset: at.Offset, epoch: at.LeaderEpoch,
		leader: -1, leaderEpoch: -1, highWatermark: -1, lastStable: -1, logStart: -1, lastProgress: time.Now(),
	}
}

// deliver hands a chunk over and moves the position to its end. An answer to an assignment that
// ended, or to an offset that another answer moved past, is dropped.
func (f *Fetcher) deliver(a asked, c *Chunk) {
	p := a.partition
	p.deliver.Lock()
	defer p.deliver.Unlock()
	f.mu.Lock()
	if !f.current(a) {
		f.mu.Unlock()
		return
	}
	p.offset, p.epoch = c.End, c.LeaderEpoch
	p.aligned, p.alone, p.doubts = true, false, 0
	p.buffered += c.Bytes
	f.used += c.Bytes
	p.lastProgress = time.Now()
	c.Fetched = p.lastProgress
	f.setTrouble(p, nil)
	f.mu.Unlock()
	p.to.Receive(c)
}

// fail ends the assignment that a is of.
func (f *Fetcher) fail(a asked, err Halt) {
	p := a.partition
	p.deliver.Lock()
	defer p.deliver.Unlock()
	f.mu.Lock()
	if !f.current(a) {
		f.mu.Unlock()
		return
	}
	p.dead, p.trouble = true, err
	f.mu.Unlock()
	p.to.Fail(err)
}

// current reports whether an answer to a can still be used. The caller holds mu.
func (f *Fetcher) current(a asked) bool {
	p := a.partition
	return f.assigned[p.id] == p && !p.dead && p.offset == a.offset
}

// doubt fails the partition once the batch at its position was found wrong often enough, and until
// then has it read again.
func (f *Fetcher) doubt(a asked, err Halt) {
	f.mu.Lock()
	if f.current(a) {
		a.partition.doubts++
	}
	believed := a.partition.doubts >= doubtsToFail
	f.mu.Unlock()
	if believed {
		f.fail(a, err)
		return
	}
	f.hold(a.partition, err)
}

// hold leaves a partition alone for a while because of an error that will pass.
func (f *Fetcher) hold(p *partition, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p.retryAt = time.Now().Add(f.cfg.backoff())
	f.setTrouble(p, err)
}

// setTrouble logs when a partition stops being read and when it is read again. The caller holds mu.
func (f *Fetcher) setTrouble(p *partition, err error) {
	changed := (p.trouble == nil) != (err == nil)
	p.trouble = err
	switch {
	case !changed || f.assigned[p.id] != p:
	case err != nil:
		f.cfg.Logger.Warn("partition cannot be read for now", "topic", f.cfg.Topic, "partition", p.id, "error", err)
	default:
		f.cfg.Logger.Info("partition is read again", "topic", f.cfg.Topic, "partition", p.id)
	}
}
