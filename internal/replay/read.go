package replay

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/command"
	"deductor/consumer/intake"
	"deductor/consumer/settle"
	"deductor/internal/pgclose"
	"deductor/internal/topicscan"
)

// readers is how many connections look records up side by side.
const readers = 4

// batchMax is how many records are looked up at once.
const batchMax = 5000

// read reads all ranges, and notes what would become of their records.
func (r *planning) read(ctx context.Context) error {
	ranges := make(map[int32]topicscan.Range)
	var total int64
	for _, p := range r.plan.Replayed() {
		ranges[p.Partition] = topicscan.Range{Start: p.Target, End: p.Watermark}
		total += p.Watermark - p.Target
	}
	if total == 0 {
		return nil
	}
	conns, err := connectAll(ctx, r.Connect, min(readers, len(ranges)))
	if err != nil {
		return err
	}
	defer closeAll(conns)
	reading := &reading{planning: r, forecaster: settle.NewForecaster(), conns: conns, total: total,
		decoders: make([]command.Decoder, len(conns)), found: make(map[int32]*settle.Forecast)}
	scan := &topicscan.Scan{
		Cluster: r.Cluster, TopicID: r.survey.Topic.ID, Ranges: ranges, Lanes: len(conns), Ordered: true,
		Each: reading.each, Gone: reading.gone,
	}
	if err := scan.Run(ctx); err != nil {
		return err
	}
	all := settle.Forecast{}
	for i := range r.plan.Partitions {
		p := &r.plan.Partitions[i]
		if found := reading.found[p.Partition]; found != nil {
			p.Counts = countsOf(found)
			all.Add(found)
		}
	}
	r.plan.Totals = countsOf(&all)
	return nil
}

// reading is what several lanes find.
type reading struct {
	*planning
	forecaster *settle.Forecaster
	conns      []*pgx.Conn       // a lane's each
	decoders   []command.Decoder // the same
	total      int64
	done       atomic.Int64

	mu    sync.Mutex
	found map[int32]*settle.Forecast
}

func (r *reading) each(ctx context.Context, lane int, chunk *intake.Chunk) error {
	key := settle.Key{Group: r.Group, Topic: r.plan.Topic, Partition: chunk.Partition}
	for start, records := chunk.Start, chunk.Records; len(records) > 0; {
		n := min(batchMax, len(records))
		slice := settle.Slice{
			Key: key, SourceID: r.sources[chunk.Partition], Start: start, End: records[n-1].Offset + 1,
			Items: decode(&r.decoders[lane], records[:n]),
		}
		forecast, err := r.forecaster.Forecast(ctx, r.conns[lane], slice)
		if err != nil {
			return err
		}
		r.note(chunk.Partition, &forecast)
		start, records = slice.End, records[n:]
	}
	r.Progress(r.done.Add(chunk.End-chunk.Start), r.total)
	return nil
}

func decode(decoder *command.Decoder, records []*kgo.Record) []settle.Item {
	items := make([]settle.Item, len(records))
	for i, record := range records {
		items[i].Record = record
		items[i].Command, items[i].Rejection = decoder.Decode(record.Value)
	}
	return items
}

func (r *reading) note(partition int32, forecast *settle.Forecast) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.found[partition] == nil {
		r.found[partition] = &settle.Forecast{}
	}
	r.found[partition].Add(forecast)
}

// gone moves the target behind what retention removed while the log was read.
func (r *reading) gone(partition int32, gone topicscan.Range) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.warn("partition %d: retention removed offsets %d to %d while the plan was made: they can't be read again",
		partition, gone.Start, gone.End-1)
	for i := range r.plan.Partitions {
		if p := &r.plan.Partitions[i]; p.Partition == partition {
			p.LogStart = gone.End
			p.Target = gone.End
			delete(r.found, partition) // what was read of it is not there any more
		}
	}
	r.done.Add(gone.End - gone.Start)
}

func connectAll(ctx context.Context, connect func(context.Context) (*pgx.Conn, error), n int) ([]*pgx.Conn, error) {
	conns := make([]*pgx.Conn, 0, n)
	for range n {
		conn, err := connect(ctx)
		if err != nil {
			closeAll(conns)
			return nil, err
		}
		conns = append(conns, conn)
	}
	return conns, nil
}

func closeAll(conns []*pgx.Conn) {
	for _, conn := range conns {
		pgclose.Conn(conn)
	}
}
