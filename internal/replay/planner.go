package replay

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/currency"
	"deductor/consumer/intake"
	"deductor/consumer/settle"
	"deductor/dedupe"
	"deductor/internal/partitions"
	"deductor/internal/pgclose"
)

// Planner plans replays. It writes nothing.
type Planner struct {
	Cluster *intake.Cluster
	// Connect opens a connection to the database; some are used side by side.
	Connect func(context.Context) (*pgx.Conn, error)
	Group   string
	// Target says from where on.
	Target Target
	// Scope is the partitions to plan for; empty is all that were ever read.
	Scope []int32
	// Progress is told how many offsets of how many were read.
	Progress func(done, total int64)
}

// lookTimeout bounds how long brokers are asked where partitions stand.
const lookTimeout = 15 * time.Second

// planning is one plan on its way.
type planning struct {
	*Planner
	conn    *pgx.Conn
	plan    *Plan
	survey  *partitions.Survey
	sources map[int32]int32 // the row of source, by partition
}

// Plan looks where the partitions stand, reads what the target asks for, and says
// what would come of it. The error is a [*RefusedError] when the target does not
// fit the topic, and otherwise that of the brokers or the database.
func (p *Planner) Plan(ctx context.Context) (*Plan, error) {
	conn, err := p.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer pgclose.Conn(conn)
	run := &planning{Planner: p, conn: conn}
	if err := run.look(ctx); err != nil {
		return nil, err
	}
	if err := run.aim(ctx); err != nil {
		return nil, err
	}
	if err := run.read(ctx); err != nil {
		return nil, err
	}
	return run.plan, nil
}

// look finds out where all partitions stand.
func (r *planning) look(ctx context.Context) error {
	looking, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	var err error
	if r.survey, err = partitions.Look(looking, r.Cluster, r.conn, r.Group); err != nil {
		return err
	}
	topic := r.survey.Topic
	r.plan = &Plan{
		Version: PlanVersion, CreatedAt: time.Now().UTC().Truncate(time.Millisecond), Group: r.Group, Topic: topic.Name,
		TopicID: topic.ID.String(), Target: r.Target.String(), Partitions: []PartitionPlan{}, Warnings: []string{},
	}
	horizons, err := dedupe.Horizons(looking, r.conn)
	if err != nil {
		return err
	}
	if inForce := dedupe.InForce(horizons); inForce != nil {
		before := inForce.Before.UTC()
		r.plan.Horizon = &before
	}
	sources, err := settle.Sources(looking, r.conn)
	if err != nil {
		return err
	}
	r.sources = make(map[int32]int32)
	for _, source := range sources {
		if source.Topic == topic.Name && source.TopicID == topic.ID {
			r.sources[source.Partition] = source.ID
		}
	}
	return r.stand(looking)
}

// stand notes the partitions that were asked for.
func (r *planning) stand(ctx context.Context) error {
	wanted, err := r.scope(ctx)
	if err != nil {
		return err
	}
	for _, state := range r.survey.States() {
		if state.LogEnd == nil || !slices.Contains(wanted, state.Partition) {
			continue
		}
		key := settle.Key{Group: r.Group, Topic: r.plan.Topic, Partition: state.Partition}
		standing, obstacle, err := settle.FindStanding(ctx, r.conn, key, r.survey.Topic.ID)
		if err != nil {
			return err
		}
		r.plan.Partitions = append(r.plan.Partitions, PartitionPlan{
			Partition: state.Partition, CommittedOffset: state.CommittedOffset, Standing: standing,
			LogStart: *state.LogStart, LogEnd: *state.LogEnd, Obstacle: obstacle, Counts: Counts{WouldDebit: []Money{}},
		})
	}
	return nil
}

// scope is which partitions to plan for.
func (r *planning) scope(ctx context.Context) ([]int32, error) {
	if r.Target.kind == toOrder {
		return r.scopeOfOrder(ctx)
	}
	named := r.Scope
	if len(named) == 0 {
		named = slices.Collect(maps.Keys(r.Target.offsets))
	}
	if len(named) == 0 {
		named = r.everRead()
	}
	if len(named) == 0 {
		return nil, refuse("group %s has read nothing of topic %s into this database: there is nothing to read again",
			r.Group, r.plan.Topic)
	}
	for _, id := range named {
		if n := len(r.survey.Topic.Partitions); int(id) >= n {
			return nil, refuse("topic %s has no partition %d: it has %d", r.plan.Topic, id, n)
		}
		if _, given := r.Target.offsets[id]; r.Target.kind == fromFile && !given {
			return nil, refuse("the file names no offset of partition %d, which is in the scope", id)
		}
	}
	return named, nil
}

// everRead are the topic's partitions that the database has a watermark of.
func (r *planning) everRead() []int32 {
	var read []int32
	for _, state := range r.survey.States() {
		if state.Watermark != nil && state.LogEnd != nil {
			read = append(read, state.Partition)
		}
	}
	return read
}

// scopeOfOrder is the partition that an order came from.
func (r *planning) scopeOfOrder(ctx context.Context) ([]int32, error) {
	id, offset, err := r.findOrder(ctx)
	if err != nil {
		return nil, err
	}
	if len(r.Scope) > 0 && !slices.Contains(r.Scope, id) {
		return nil, refuse("order %q came from partition %d, which is not in the scope", r.Target.orderID, id)
	}
	r.Target.offsets = map[int32]int64{id: offset}
	return []int32{id}, nil
}

// findOrder tells which record an order was decided by.
func (r *planning) findOrder(ctx context.Context) (partition int32, offset int64, err error) {
	id := r.Target.orderID
	register, err := dedupe.Find(ctx, r.conn, id)
	if err != nil {
		return 0, 0, err
	}
	answers := register.Answers(id)
	switch {
	case len(answers) == 0:
		return 0, 0, refuse("order %q was never decided: deductor order show says what is known of it", id)
	case answers[0].Source == nil:
		return 0, 0, refuse("order %q did not come from a topic", id)
	}
	for known, source := range r.sources {
		if source == answers[0].Source.ID {
			return known, answers[0].Source.Position, nil
		}
	}
	return 0, 0, refuse("order %q came from another topic than %s, or from one of that name that was deleted since", id,
		r.plan.Topic)
}

func (r *planning) warn(format string, args ...any) {
	r.plan.Warnings = append(r.plan.Warnings, fmt.Sprintf(format, args...))
}

// countsOf is a forecast as a plan has it.
func countsOf(f *settle.Forecast) Counts {
	c := Counts{
		WouldRead: f.Records, AlreadyApplied: f.AlreadyApplied, AlreadyDeclined: f.AlreadyDeclined,
		AlreadySetAside: f.AlreadySetAside, WouldApply: f.Applied, WouldDecline: f.Declined,
		WouldConflict: f.Conflicts, TooOld: f.TooOld, Malformed: f.Malformed, WouldDebit: []Money{},
	}
	codes := make([]string, 0, len(f.Money))
	for code := range f.Money {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		minor := f.Money[code]
		c.WouldDebit = append(c.WouldDebit,
			Money{Currency: code, Amount: currency.Format(minor, code), AmountMinor: strconv.FormatInt(minor, 10)})
	}
	return c
}
