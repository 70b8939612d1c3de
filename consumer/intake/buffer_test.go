package intake_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/intake"
)

func TestFullBufferStopsItsPartitionAlone(t *testing.T) {
	t.Parallel()
	const one, room = 4 << 10, 64 << 10
	b := setup(t, 1, 2, func(c *intake.Config) {
		c.MaxWait = time.Minute // so that only a wake-up or the short wait goes on in time
		c.PartitionMaxBytes, c.PartitionBufferBytes = 2*one, room
	})
	client := b.client()
	sent := make([]string, 100)
	for i := range sent {
		sent[i] = values("v", i, 1)[0] + strings.Repeat(".", one)
		b.produce(client, 0, sent[i])
	}
	full := b.assign(0, intake.At(0), false)
	full.await("full buffer", func() bool { return b.buffered(0) >= room })

	other := b.assign(1, intake.At(0), true)
	for i := range 5 {
		b.produce(client, 1, values("w", i, 1)...)
		other.reach(int64(i + 1))
	}
	if got := b.buffered(0); got > room+3*one || full.next == int64(len(sent)) {
		t.Errorf("%d bytes are buffered up to offset %d, with room for %d", got, full.next, room)
	}
	full.await("end", func() bool { full.releaseLocked(); return full.next == int64(len(sent)) })
	full.want(full.values(), sent)
	full.releaseAll()
	if got := b.buffered(0); got != 0 {
		t.Errorf("%d bytes are buffered when all are released, some twice", got)
	}
}

// What a receiver needs for a record counts: small records fill the buffers by their number.
func TestReceiversMemoryCounts(t *testing.T) {
	t.Parallel()
	const one, room = 10_000, 50_000
	b := setup(t, 1, 1, func(c *intake.Config) {
		c.ReceiverBytes, c.PartitionBufferBytes, c.PartitionMaxBytes = one, room, one
	})
	client := b.client()
	for i := range 100 {
		b.produce(client, 0, values("v", i, 1)...)
	}
	r := b.assign(0, intake.At(0), false)
	r.await("full buffer", func() bool { return b.buffered(0) >= room })
	r.await("as many bytes as records", func() bool {
		return b.buffered(0) > int(r.next)*one && b.buffered(0) < int(r.next)*(one+1000)
	})
	r.await("end", func() bool { r.releaseLocked(); return r.next == 100 })
	r.releaseAll()
	if got := b.buffered(0); got != 0 {
		t.Errorf("%d bytes are buffered when all are released", got)
	}
}

func (b *bundle) buffered(partition int) int { return b.fetcher.Stats()[partition].BufferedBytes }

// held is what all assigned partitions have in their buffers.
func (b *bundle) held() int {
	n := 0
	for _, s := range b.fetcher.Stats() {
		n += s.BufferedBytes
	}
	return n
}

// drained tells whether all have received what comes before the end. When the
// buffers are full, they are emptied.
func drained(receivers []*receiver, end int64, full bool) bool {
	done := 0
	for _, r := range receivers {
		if full {
			r.releaseAll()
		}
		if r.at() == end {
			done++
		}
	}
	return done == len(receivers)
}

func TestBuffersOfAllPartitionsAreBounded(t *testing.T) {
	t.Parallel()
	const partitions, most, answer, one = 8, 200 << 10, 128 << 10, 32 << 10
	b := setup(t, 1, partitions, func(c *intake.Config) {
		c.BufferBytes, c.MaxBytes, c.PartitionMaxBytes = most, answer, one
	})
	client := b.client()
	batch := []string{strings.Repeat(".", 3000), strings.Repeat(".", 3000)}
	receivers := make([]*receiver, partitions)
	for p := range receivers {
		for range 20 {
			b.produce(client, int32(p), batch...)
		}
		receivers[p] = b.assign(int32(p), intake.At(0), false)
	}
	eventually(t, "end of all partitions", func() bool {
		held := b.held()
		if held > most+one*5/4 { // an answer is asked for that fits, or one partition's
			t.Fatalf("%d bytes are buffered, with room for %d", held, most)
		}
		return drained(receivers, int64(20*len(batch)), held >= most)
	})
}

// counting is a connection whose received bytes are counted.
type counting struct {
	net.Conn
	received *atomic.Int64
}

func (c counting) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	c.received.Add(int64(n))
	return n, err
}

// Compressed records become many times the bytes of their answer. What fits is asked
// for, and not again and again what does not.
func TestBuffersOfCompressedRecordsAreBounded(t *testing.T) {
	t.Parallel()
	const partitions, most, one = 8, 256 << 10, 32 << 10
	var received atomic.Int64
	b := setup(t, 1, partitions, func(c *intake.Config) {
		c.BufferBytes, c.PartitionBufferBytes, c.PartitionMaxBytes = most, most, one
		c.MaxBytes = 8 * most
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return counting{conn, &received}, err
		}
	})
	client := b.client(kgo.ProducerBatchCompression(kgo.GzipCompression()))
	batch := []string{strings.Repeat(".", 3000), strings.Repeat(".", 3000)}
	receivers := make([]*receiver, partitions)
	for p := range receivers {
		for range 50 {
			b.produce(client, int32(p), batch...)
		}
	}
	for p := range receivers {
		receivers[p] = b.assign(int32(p), intake.At(0), false)
	}
	peak := 0 // a chunk may come when there is room for a byte: it is of no more than was asked for and a batch
	eventually(t, "end of all partitions", func() bool {
		held := b.held()
		peak = max(peak, held)
		return drained(receivers, int64(50*len(batch)), held >= most)
	})
	if peak > most+one+10_000 {
		t.Errorf("%d bytes were buffered, with room for %d", peak, most)
	}
	for _, r := range receivers {
		for _, chunk := range r.chunks {
			if chunk.Bytes > one+10_000 { // what was asked for, and a batch
				t.Errorf("%d bytes came at once, %d were asked for", chunk.Bytes, one)
			}
		}
	}
	if got := received.Load(); got > 350_000 { // they are 70,000 in the log, and are asked for with offsets beside
		t.Errorf("%d bytes were received", got)
	}
}

func TestReleaseWakesTheLoop(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, func(c *intake.Config) { c.PartitionBufferBytes = 1 })
	client := b.client()
	b.produce(client, 0, "v")
	r := b.assign(0, intake.At(0), false)
	r.reach(1)
	b.produce(client, 0, "w")
	r.releaseAll()
	r.reach(2)
}

// Compressed answers grow when they are decoded; the rest of one that grows too large is left.
func TestBuffersAreBoundedWhateverTheCompression(t *testing.T) {
	t.Parallel()
	const partitions, most, one = 8, 64 << 10, 32 << 10
	b := setup(t, 1, partitions, func(c *intake.Config) {
		c.BufferBytes, c.MaxBytes, c.PartitionMaxBytes, c.PartitionBufferBytes = most, most, most, one
	})
	client := b.client(kgo.ProducerBatchCompression(kgo.ZstdCompression()))
	batch := strings.Repeat(".", 8<<10)
	for p := range int32(partitions) {
		for range 20 {
			b.produce(client, p, batch)
		}
	}
	receivers := make([]*receiver, partitions)
	for p := range receivers {
		receivers[p] = b.assign(int32(p), intake.At(0), false)
	}
	eventually(t, "full buffers", func() bool { return b.held() >= most })
	other := b.assign(0, intake.At(0), false) // answered only if the loop is not stuck
	for _, r := range receivers {
		r.releaseAll()
	}
	eventually(t, "full buffers again", func() bool { return b.held() >= most })
	if held := b.held(); held > 2*most+one+2*len(batch) {
		t.Errorf("%d bytes are buffered, with room for %d", held, most)
	}
	for _, s := range b.fetcher.Stats() {
		if s.BufferedBytes > one+2*len(batch) {
			t.Errorf("partition %d has %d bytes in its buffer, with room for %d", s.Partition, s.BufferedBytes, one)
		}
	}
	receivers[0] = other
	eventually(t, "end of all partitions", func() bool {
		done := true
		for _, r := range receivers {
			r.releaseAll()
			done = done && r.at() == 20
		}
		return done
	})
}
