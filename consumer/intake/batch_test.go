package intake_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	transactional = 0x10
	control       = 0x20
)

// handmade is a record batch as a broker would send it, or wrong in a way that a test wants.
type handmade struct {
	base     int64
	epoch    int32
	values   []string
	codec    kgo.CompressionCodec
	producer int64
	flags    int16               // transactional, control
	missing  int                 // records left out, as by compaction
	spoil    func([]byte) []byte // changes the uncompressed records before the checksum is made
	cut      int                 // compressed bytes left out before the checksum is made
}

// marker is the control record that ends a transaction.
func marker(base, producer int64, committed bool) handmade {
	value := "abort"
	if committed {
		value = "commit"
	}
	return handmade{base: base, producer: producer, flags: transactional | control, values: []string{value}}
}

func (h handmade) record(i int, value string) []byte {
	body := []byte{0} // attributes
	body = binary.AppendVarint(body, 0)
	body = binary.AppendVarint(body, int64(i))
	key := []byte("key")
	if h.flags&control != 0 {
		key = []byte{0, 0, 0, 0} // version 0, an abort
		if value == "commit" {
			key[3] = 1
		}
	}
	body = append(binary.AppendVarint(body, int64(len(key))), key...)
	body = append(binary.AppendVarint(body, int64(len(value))), value...)
	body = binary.AppendVarint(body, 0) // headers
	return append(binary.AppendVarint(nil, int64(len(body))), body...)
}

func (h handmade) bytes(t testing.TB) []byte {
	t.Helper()
	var records []byte
	for i, v := range h.values {
		records = append(records, h.record(i, v)...)
	}
	if h.spoil != nil {
		records = h.spoil(records)
	}
	attributes := h.flags
	if h.codec != (kgo.CompressionCodec{}) {
		compressor, err := kgo.DefaultCompressor(h.codec)
		if err != nil {
			t.Fatal(err)
		}
		packed, codec := compressor.Compress(new(bytes.Buffer), records)
		records, attributes = packed[:len(packed)-h.cut], attributes|int16(codec)
	}
	batch := kmsg.RecordBatch{
		FirstOffset: h.base, Length: int32(49 + len(records)), PartitionLeaderEpoch: h.epoch, Magic: 2,
		Attributes: attributes, LastOffsetDelta: int32(len(h.values) + h.missing - 1),
		FirstTimestamp: 1_700_000_000_000, MaxTimestamp: 1_700_000_000_000,
		ProducerID: h.producer, NumRecords: int32(len(h.values)), Records: records,
	}
	wire := batch.AppendTo(nil)
	binary.BigEndian.PutUint32(wire[17:], crc32.Checksum(wire[21:], crc32.MakeTable(crc32.Castagnoli)))
	return wire
}

func join(t testing.TB, batches ...handmade) []byte {
	t.Helper()
	var wire []byte
	for _, b := range batches {
		wire = append(wire, b.bytes(t)...)
	}
	return wire
}

type abortedTransaction = kmsg.FetchResponseTopicPartitionAbortedTransaction

func answer(wire []byte, aborted ...abortedTransaction) *kmsg.FetchResponseTopicPartition {
	p := kmsg.NewFetchResponseTopicPartition()
	p.RecordBatches, p.AbortedTransactions = wire, aborted
	return &p
}

func abortedFrom(producer, offset int64) abortedTransaction {
	return abortedTransaction{ProducerID: producer, FirstOffset: offset}
}
