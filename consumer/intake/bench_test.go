package intake_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/intake"
)

// counter releases what it gets and counts the records.
type counter struct {
	left *atomic.Int64
	done chan<- struct{}
}

func (c counter) Receive(chunk *intake.Chunk) {
	n := int64(len(chunk.Records))
	chunk.Release()
	if left := c.left.Add(-n); left <= 0 && left+n > 0 {
		close(c.done)
	}
}

func (c counter) Fail(err error) { panic(err) }

// BenchmarkFetch reads 8 partitions of records of 180 bytes in batches of 90. One operation is one
// record; the broker, in the same process, is part of the cost.
func BenchmarkFetch(b *testing.B) {
	for name, codec := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		b.Run(name, func(b *testing.B) {
			kafka, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(8, topic),
				kfake.SyntheticFetch(kfake.SyntheticBatch{
					Records: 90, RecordBytes: 180, RandomFrac: 0.2, Compression: codec,
				}))
			if err != nil {
				b.Fatal(err)
			}
			defer kafka.Close()
			cluster, err := intake.NewCluster(intake.Config{
				Brokers: kafka.ListenAddrs(), Topic: topic, Logger: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				b.Fatal(err)
			}
			defer cluster.Close()
			fetcher, err := intake.NewFetcher(cluster)
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(b.Context())
			ended := make(chan struct{})
			go func() { defer close(ended); _ = fetcher.Run(ctx) }()
			defer func() { cancel(); <-ended }()

			var left atomic.Int64
			left.Store(int64(b.N))
			done := make(chan struct{})
			b.ReportAllocs()
			b.ResetTimer()
			begun := time.Now()
			for p := range int32(8) {
				fetcher.Assign(p, intake.At(0), counter{&left, done})
			}
			<-done
			b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "records/s")
			b.StopTimer()
		})
	}
}
