package intake_test

import (
	"math/rand/v2"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestEveryRecordComesInOrder(t *testing.T) {
	t.Parallel()
	codecs := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	for name, codec := range codecs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const partitions, records = 5, 700
			b := setup(t, 3, partitions, nil)
			client := b.client(kgo.ProducerBatchCompression(codec))
			receivers := make([]*receiver, partitions)
			sent := make([][]string, partitions)
			for p := range receivers {
				receivers[p] = b.assign(int32(p), from(0), true)
			}
			for len(sent[partitions-1]) < records {
				for p := range sent {
					batch := values(name, len(sent[p]), min(1+rand.IntN(60), records-len(sent[p])))
					b.produce(client, int32(p), batch...)
					sent[p] = append(sent[p], batch...)
				}
			}
			for p, r := range receivers {
				r.want(r.reach(int64(len(sent[p]))), sent[p])
			}
			if err := b.fetcher.Healthy(); err != nil {
				t.Errorf("not healthy: %v", err)
			}
		})
	}
}
