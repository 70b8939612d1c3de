package intake

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Decoded is what DecodePartition got.
type Decoded struct {
	Records []*kgo.Record
	End     int64
	Epoch   int32
	Bytes   int
}

// DecodeLimit is how many bytes DecodePartition decompresses of a batch, and before it stops.
const DecodeLimit = mebibyte

var limited = sync.OnceValues(func() (kgo.Decompressor, error) { return newInner(DecodeLimit) })

// DecodePartition decodes an answer as the fetch loops do.
func DecodePartition(p *kmsg.FetchResponseTopicPartition, position int64, aligned, own bool) (Decoded, error) {
	inner, err := limited()
	if err != nil {
		return Decoded{}, err
	}
	d := decoder{topic: "payments", decompressor: decompressor{inner: inner, limit: DecodeLimit, total: DecodeLimit}}
	got, wrong := d.decode(p, position, aligned, own)
	if wrong != nil {
		return Decoded{End: got.end}, wrong
	}
	return Decoded{got.records, got.end, got.epoch, got.bytes}, nil
}
