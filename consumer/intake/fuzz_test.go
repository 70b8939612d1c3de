package intake_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/intake"
)

// FuzzDecode gives the decoder bytes that a broker might send. What it delivers
// has each offset once, from the position on, or it says what is wrong.
func FuzzDecode(f *testing.F) {
	f.Add(join(f, handmade{base: 10, epoch: 3, values: []string{"a", "b"}},
		handmade{base: 12, values: []string{"c"}, codec: kgo.ZstdCompression()}), int64(10), int64(-1), true)
	f.Add(join(f, handmade{base: 5, values: []string{"a", "b", "c"}, codec: kgo.GzipCompression()}),
		int64(5), int64(-1), false)
	f.Add(join(f, handmade{base: 0, values: []string{"a"}, codec: kgo.SnappyCompression()},
		handmade{base: 1, values: []string{"b"}, codec: kgo.Lz4Compression()}), int64(0), int64(-1), true)
	f.Add(join(f, handmade{base: 0, producer: 7, flags: transactional, values: []string{"x", "y"}},
		marker(2, 7, false), handmade{base: 3, values: []string{"a"}}), int64(0), int64(7), true)
	f.Add(join(f, handmade{base: 0, values: []string{"a"}, missing: 2}), int64(0), int64(-1), true)
	f.Fuzz(func(t *testing.T, wire []byte, position, aborted int64, aligned bool) {
		if position < 0 {
			return // none that was asked for
		}
		if len(wire) >= 8 {
			binary.BigEndian.PutUint64(wire, uint64(position)) // lest all inputs be a gap
		}
		mendChecksums(wire)
		part := answer(wire, abortedFrom(aborted, position))
		got, err := intake.DecodePartition(part, position, aligned, aligned)
		var halt intake.Halt
		switch {
		case err != nil && (!errors.As(err, &halt) || got.End != position || len(got.Records) > 0):
			t.Fatalf("%T: %v, with %+v", err, err, got)
		case err == nil && got.End < position:
			t.Fatalf("it ends at %d, before %d", got.End, position)
		case int64(len(got.Records)) > got.End-position:
			t.Fatalf("%d records have offsets %d to %d", len(got.Records), position, got.End-1)
		}
		last := position - 1
		for _, r := range got.Records {
			if r.Offset <= last || r.Offset >= got.End {
				t.Fatalf("a record has offset %d, after %d, in %d to %d", r.Offset, last, position, got.End-1)
			}
			last = r.Offset
		}
	})
}

// mendChecksums makes the checksums of complete batches right, so that more than
// their check is tried.
func mendChecksums(wire []byte) {
	const header, lengthBytes = 61, 12
	for len(wire) >= header {
		size := int(int32(binary.BigEndian.Uint32(wire[8:]))) + lengthBytes
		if size < header || size > len(wire) {
			return
		}
		binary.BigEndian.PutUint32(wire[17:], crc32.Checksum(wire[21:size], crc32.MakeTable(crc32.Castagnoli)))
		wire = wire[size:]
	}
}
