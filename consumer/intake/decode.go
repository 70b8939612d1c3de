package intake

import (
	"errors"
	"slices"
	"unsafe"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// decoder turns the bytes of a partition into records. franz-go's ProcessFetchPartition does the work:
// checksums, decompression, dropping control records and those of aborted transactions. It is lenient,
// though, with holes and with records that do not decode, so its result is checked against the
// headers: each offset from the position on is a record delivered, or belongs to a control batch, or
// to a batch of a transaction that the broker lists as aborted. Not for concurrent use.
type decoder struct {
	topic        string
	decompressor decompressor
	beside       int     // see Config.ReceiverBytes
	batches      []batch // scratch
}

// decoded is the good part of an answer.
type decoded struct {
	records []*kgo.Record
	end     int64 // the next offset to read
	epoch   int32 // of the last batch
	bytes   int   // what the records count for
	read    int   // what they were in the answer, in bytes
}

// recordBytes is what a record takes beside its key, value and headers.
const recordBytes = int(unsafe.Sizeof(kgo.Record{}) + unsafe.Sizeof(&kgo.Record{}))

// decode returns the records of an answer from position on. If a batch is wrong, it returns what
// comes before it; the error is returned once that batch is the first. It returns nothing at all
// when not one batch is complete. The records keep p.RecordBatches in memory, or only a copy of their
// own if own is true.
func (d *decoder) decode(p *kmsg.FetchResponseTopicPartition, position int64, aligned, own bool) (decoded, Halt) {
	from := origin{d.topic, p.Partition}
	var wrong Halt
	d.batches, wrong = scan(d.batches[:0], from, p.RecordBatches, position, aligned)
	if len(d.batches) == 0 {
		return decoded{end: position}, wrong
	}
	size, plain := 0, false
	for _, b := range d.batches {
		size += b.size
		plain = plain || !b.compressed()
	}
	complete := *p
	complete.RecordBatches = p.RecordBatches[:size]
	if own && plain {
		complete.RecordBatches = slices.Clone(complete.RecordBatches)
	}
	d.decompressor.reset()
	fetched, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		Offset: position, IsolationLevel: kgo.ReadCommitted(), Topic: d.topic, Partition: p.Partition,
	}, &complete, &d.decompressor, nil)

	good := d.verify(fetched.Records, next, position, p.AbortedTransactions)
	if good.end == position {
		return good, d.undecodable(from, d.batches[0], fetched.Err)
	}
	return good, nil
}

// verify walks headers and records side by side and keeps what comes before the first batch that is
// not whole. Next is the offset that the decoder got to.
func (d *decoder) verify(records []*kgo.Record, next, position int64, aborted []abortedTransaction) decoded {
	good := decoded{end: position}
	rest := records
	for _, b := range d.batches {
		first := max(b.base, position)
		n := run(rest, first, b.last)
		if b.next() > next || !whole(b, first, n, aborted) {
			break
		}
		for _, r := range rest[:n] {
			good.bytes += d.beside + weigh(r)
		}
		good.read += b.size
		good.end, good.epoch = b.next(), b.epoch
		rest = rest[n:]
	}
	good.records = records[:len(records)-len(rest)]
	return good
}

type abortedTransaction = kmsg.FetchResponseTopicPartitionAbortedTransaction

// run counts the records at the start of rest that have the offsets first, first+1, … up to last.
func run(rest []*kgo.Record, first, last int64) int {
	n := 0
	for n < len(rest) && rest[n].Offset == first+int64(n) && rest[n].Offset <= last {
		n++
	}
	return n
}

// whole reports whether n records are what a batch must give from offset first on.
func whole(b batch, first int64, n int, aborted []abortedTransaction) bool {
	if b.control() {
		return n == 0
	}
	if int64(n) == b.next()-first {
		return true
	}
	return n == 0 && b.transactional() && slices.ContainsFunc(aborted, func(t abortedTransaction) bool {
		return t.ProducerID == b.producerID && t.FirstOffset <= b.base
	})
}

func (d *decoder) undecodable(from origin, b batch, err error) Halt {
	if errors.Is(err, kgo.ErrMaxDecompress) {
		return &BatchTooLargeError{
			Topic: from.topic, Partition: from.partition, Start: b.base, End: b.next(), Limit: d.decompressor.limit,
		}
	}
	if err == nil {
		err = errors.New("not all of its records decode")
	}
	return &CorruptError{
		Topic: from.topic, Partition: from.partition, Offset: b.base, Reason: "it cannot be decoded", Err: err,
	}
}

// weigh returns what a record keeps in memory, in bytes.
func weigh(r *kgo.Record) int {
	n := recordBytes + len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		n += int(unsafe.Sizeof(h)) + len(h.Key) + len(h.Value)
	}
	return n
}
