package intake

import (
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

// DecodePartition decodes an answer as the fetch loops do.
func DecodePartition(
	p *kmsg.FetchResponseTopicPartition, position int64, aligned, own bool, limit int,
) (Decoded, error) {
	inner, err := newInner(limit)
	if err != nil {
		return Decoded{}, err
	}
	d := decoder{topic: "payments", decompressor: decompressor{inner: inner, limit: limit, total: limit}}
	got, wrong := d.decode(p, position, aligned, own)
	if wrong != nil {
		return Decoded{End: got.end}, wrong
	}
	return Decoded{got.records, got.end, got.epoch, got.bytes}, nil
}
