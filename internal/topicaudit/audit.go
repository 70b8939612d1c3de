package topicaudit

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/command"
	"deductor/consumer/intake"
	"deductor/consumer/settle"
	"deductor/internal/partitions"
	"deductor/internal/pgclose"
	"deductor/internal/topicscan"
)

// Audit is one to make.
type Audit struct {
	Cluster *intake.Cluster
	// Connect opens a connection to the database; some are used side by side.
	Connect func(context.Context) (*pgx.Conn, error)
	Group   string
	Wanted  Wanted
	// Limit is how many findings of each kind are kept.
	Limit int
	// Progress is told how many offsets of how many were judged.
	Progress func(done, total int64)
}

// lookTimeout bounds how long brokers are asked where partitions stand.
const lookTimeout = 15 * time.Second

// lanes is how many connections judge records side by side.
const lanes = 4

// run is an audit on its way.
type run struct {
	*Audit
	report  *Report
	topicID intake.TopicID
	sources map[int32]int32 // the row of source, by partition
	ranges  map[int32]topicscan.Range
	started time.Time // by the database's clock
	total   int64

	conns    []*pgx.Conn
	decoders []command.Decoder

	mu   sync.Mutex
	done int64
	own  map[int32]*offsetSet
}

// Run audits. What is at a watermark or above, as they are when it begins, is not
// judged. The error is an [*intake.UnknownPartitionError], or that of the brokers
// or the database.
func (a *Audit) Run(ctx context.Context) (*Report, error) {
	r := &run{Audit: a, ranges: make(map[int32]topicscan.Range), own: make(map[int32]*offsetSet)}
	conn, err := a.Connect(ctx)
	if err != nil {
		return nil, err
	}
	r.conns = append(r.conns, conn)
	defer func() {
		for _, conn := range r.conns {
			pgclose.Conn(conn)
		}
	}()
	if err := r.look(ctx); err != nil {
		return nil, err
	}
	if err := r.judge(ctx); err != nil {
		return nil, err
	}
	if err := r.findExtra(ctx); err != nil {
		return nil, err
	}
	r.report.finish()
	return r.report, nil
}

// look finds out which offsets can be judged.
func (r *run) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	survey, err := partitions.Look(ctx, r.Cluster, r.conns[0], r.Group)
	if err != nil {
		return err
	}
	r.topicID = survey.Topic.ID
	r.report = &Report{Topic: survey.Topic.Name, Group: r.Group, Partitions: []Judged{}, Findings: []Finding{},
		Warnings: []string{}}
	sources, err := settle.Sources(ctx, r.conns[0])
	if err != nil {
		return err
	}
	r.sources = make(map[int32]int32)
	for _, source := range sources {
		if source.Topic == survey.Topic.Name && source.TopicID == survey.Topic.ID {
			r.sources[source.Partition] = source.ID
		}
	}
	for id := range r.Wanted {
		if n := len(survey.Topic.Partitions); int(id) >= n {
			return &intake.UnknownPartitionError{Topic: survey.Topic.Name, Partition: id, Partitions: n}
		}
	}
	for _, state := range survey.States() {
		wanted, named := r.Wanted[state.Partition]
		if r.Wanted == nil {
			wanted, named = Offsets{To: -1}, true
		}
		if named && state.LogStart != nil {
			r.choose(&state, wanted)
		}
	}
	r.started, err = settle.Now(ctx, r.conns[0])
	return err
}

// choose notes what of a partition is judged, and says what can't be.
func (r *run) choose(state *partitions.State, wanted Offsets) {
	id := state.Partition
	if _, known := r.sources[id]; !known || state.Watermark == nil {
		r.warn("partition %d was never read into this database: it is not judged", id)
		return
	}
	from, to := wanted.From, *state.Watermark
	if wanted.To >= 0 && wanted.To < to {
		to = wanted.To
	} else if wanted.To > to {
		r.warn("partition %d: offsets from %d on were not processed yet: they are not judged", id, to)
	}
	if from < *state.LogStart {
		r.warn("partition %d: offsets %d to %d are no longer in the log: they are not judged", id, from,
			min(*state.LogStart, to)-1)
		from = *state.LogStart
	}
	if to > *state.LogEnd {
		r.warn("partition %d: its log ends at offset %d, but was read up to %d", id, *state.LogEnd, to)
		to = *state.LogEnd
	}
	if from >= to {
		return
	}
	r.ranges[id] = topicscan.Range{Start: from, End: to}
	r.own[id] = newOffsetSet(from, to)
	r.total += to - from
	r.report.Partitions = append(r.report.Partitions, Judged{id, from, to})
}

func (r *run) warn(format string, args ...any) {
	r.report.Warnings = append(r.report.Warnings, fmt.Sprintf(format, args...))
}

// findExtra names the orders whose record was not met.
func (r *run) findExtra(ctx context.Context) error {
	var spans []settle.Span
	partitionOf := make(map[int32]int32)
	for id, judged := range r.ranges {
		spans = append(spans, settle.Span{SourceID: r.sources[id], Start: judged.Start, End: judged.End})
		partitionOf[r.sources[id]] = id
	}
	if len(spans) == 0 {
		return nil
	}
	slices.SortFunc(spans, func(a, b settle.Span) int { return int(a.SourceID) - int(b.SourceID) })
	return settle.Decided(ctx, r.conns[0], spans, r.started, func(source int32, offset int64, orderID []byte) {
		r.report.Orders++
		if id := partitionOf[source]; !r.own[id].has(offset) {
			r.report.add(Finding{Kind: Extra, Partition: id, Offset: offset, OrderID: string(orderID),
				Detail: "the order is recorded as decided by this offset, which does not hold it"}, r.Limit)
		}
	})
}
