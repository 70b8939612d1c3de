package intake

import (
	"encoding/binary"
	"fmt"
)

// Where the fields of a record batch's header lie (message format 2, Kafka documentation, "Record
// Batch"). The checksum covers what follows it, so neither the base offset nor the length.
const (
	baseOffsetAt      = 0
	batchLengthAt     = 8
	leaderEpochAt     = 12
	magicAt           = 16
	attributesAt      = 21
	lastOffsetDeltaAt = 23
	producerIDAt      = 43
	recordCountAt     = 57
	headerBytes       = 61

	lengthBytes = 12 // a batch's length does not count the base offset and itself

	codecBits        = 0b0000_0111
	transactionalBit = 0b0001_0000
	controlBit       = 0b0010_0000
)

// batch is what the header of a record batch says.
type batch struct {
	base, last int64 // offsets of the first and the last record
	epoch      int32 // of the leader that wrote it
	attributes int16
	producerID int64
	size       int // bytes, header included
}

func (b batch) next() int64         { return b.last + 1 }
func (b batch) compressed() bool    { return b.attributes&codecBits != 0 }
func (b batch) transactional() bool { return b.attributes&transactionalBit != 0 }
func (b batch) control() bool       { return b.attributes&controlBit != 0 }

// origin is the partition that bytes came from, for what is said of them.
type origin struct {
	topic     string
	partition int32
}

func (o origin) corrupt(offset int64, format string, args ...any) Halt {
	return &CorruptError{Topic: o.topic, Partition: o.partition, Offset: offset, Reason: fmt.Sprintf(format, args...)}
}

func (o origin) gap(expected, got int64, format string, args ...any) Halt {
	return &GapError{
		Topic: o.topic, Partition: o.partition, Expected: expected, Got: got, Reason: fmt.Sprintf(format, args...),
	}
}

// scan reads the headers of the complete batches at the start of wire, whose offsets must follow one
// another from position on without a gap. A first batch may begin before position, unless aligned
// says that position is where a batch ended. It stops at a batch that is cut short, as a broker may
// send one last, and at one that is wrong, for which it returns an error. The batches before it are good.
func scan(into []batch, from origin, wire []byte, position int64, aligned bool) ([]batch, Halt) {
	expected := position
	for len(wire) >= headerBytes {
		b, wrong := readHeader(from, wire, expected)
		if wrong != nil {
			return into, wrong
		}
		if b.size > len(wire) {
			return into, nil
		}
		if b.base > expected {
			return into, from.gap(expected, b.base, "the offsets between are not in the log")
		}
		if b.base < expected && (len(into) > 0 || aligned || b.last < expected) {
			return into, from.corrupt(expected, "it says that it holds offsets %d to %d", b.base, b.last)
		}
		into = append(into, b)
		expected = b.next()
		wire = wire[b.size:]
	}
	return into, nil
}

// readHeader reads the header at the start of wire, of the batch that should hold the given offset.
func readHeader(from origin, wire []byte, offset int64) (batch, Halt) {
	be := binary.BigEndian
	if magic := wire[magicAt]; magic != 2 {
		return batch{}, from.corrupt(offset, "its message format is %d; only 2 is read (Kafka 0.11 and newer)", magic)
	}
	length := int32(be.Uint32(wire[batchLengthAt:])) //nolint:gosec // signed in the protocol, as those below
	if length < headerBytes-lengthBytes {
		return batch{}, from.corrupt(offset, "its length is %d", length)
	}
	delta := int32(be.Uint32(wire[lastOffsetDeltaAt:])) //nolint:gosec // see length
	count := int32(be.Uint32(wire[recordCountAt:]))     //nolint:gosec // see length
	base := int64(be.Uint64(wire[baseOffsetAt:]))       //nolint:gosec // see length
	b := batch{
		base:       base,
		last:       base + int64(delta),
		epoch:      int32(be.Uint32(wire[leaderEpochAt:])), //nolint:gosec // see length
		attributes: int16(be.Uint16(wire[attributesAt:])),  //nolint:gosec // see length
		producerID: int64(be.Uint64(wire[producerIDAt:])),  //nolint:gosec // see length
		size:       int(length) + lengthBytes,
	}
	records := int64(delta) + 1
	switch {
	case base < 0 || delta < 0 || b.last < 0 || count < 0 || int64(count) > records:
		return batch{}, from.corrupt(offset, "it says that %d records have offsets %d to %d", count, base, b.last)
	case int64(count) < records:
		return batch{}, from.gap(base, b.next(), "of the %d records once in that batch %d are left "+
			"(is the topic compacted? it needs cleanup.policy=delete)", records, count)
	}
	return b, nil
}
