package partitions

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"deductor/consumer/intake"
	"deductor/consumer/settle"
)

// Survey is what was found about a topic and a group at one moment.
type Survey struct {
	Topic intake.Topic
	Group intake.Group

	group string
	found map[int32]*facts // the topic's partitions, and those that only the database knows
}

// facts are one partition's. What there is none of is nil.
type facts struct {
	log       *intake.LogRange
	committed *int64
	stored    settle.Partition
	owner     *string
}

// Look asks the brokers and the database about the group's partitions. Errors
// are those of [intake.Cluster] and the database's; give ctx a deadline.
func Look(ctx context.Context, cluster *intake.Cluster, db settle.Querier, group string) (*Survey, error) {
	topic, err := cluster.Topic(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]int32, len(topic.Partitions))
	for i := range all {
		all[i] = topic.Partitions[i].ID
	}
	// The positions first: the logs' ends, asked for later, are not behind them.
	stored, err := settle.Partitions(ctx, db, group, topic.Name)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	committed, err := cluster.Committed(ctx, group, all)
	if err != nil {
		return nil, err
	}
	members, err := cluster.Members(ctx, group)
	if err != nil {
		return nil, err
	}
	logs, err := cluster.LogRanges(ctx, all)
	if err != nil {
		return nil, err
	}
	s := &Survey{Topic: topic, Group: members, found: make(map[int32]*facts), group: group}
	for _, id := range all {
		f := s.at(id)
		log := logs[id]
		f.log = &log
		if offset, ok := committed[id]; ok {
			f.committed = &offset
		}
	}
	for _, p := range stored {
		s.at(p.Key.Partition).stored = p
	}
	for i := range members.Members {
		for _, id := range members.Members[i].Partitions {
			s.at(id).owner = &members.Members[i].ClientID
		}
	}
	return s, nil
}

func (s *Survey) at(partition int32) *facts {
	if s.found[partition] == nil {
		s.found[partition] = &facts{}
	}
	return s.found[partition]
}

// States returns the partitions' in their order.
func (s *Survey) States() []State {
	states := make([]State, 0, len(s.found))
	for id, f := range s.found {
		states = append(states, f.state(s.Topic.Name, id))
	}
	slices.SortFunc(states, func(a, b State) int { return int(a.Partition) - int(b.Partition) })
	return states
}

func (f *facts) state(topic string, partition int32) State {
	s := State{
		Topic: topic, Partition: partition, State: Idle,
		CommittedOffset: f.committed, Watermark: f.watermark(), Owner: f.owner,
	}
	switch {
	case f.stored.Halt != nil:
		s.State = HaltedPrefix + f.stored.Halt.Error()
	case f.owner != nil:
		s.State = OK
	}
	if f.log != nil {
		s.LogStart, s.LogEnd = &f.log.Start, &f.log.End
		lag := max(0, f.log.LastStable-f.position())
		s.Lag = &lag
	}
	return s
}

func (f *facts) watermark() *int64 {
	if f.stored.Watermark == nil {
		return nil
	}
	return &f.stored.Watermark.NextOffset
}

// position is where a worker that takes the partition reads on, as
// [settle.StartOffset] has it: where an operator said, else the lower one of
// committed offset and watermark, else the log's start.
func (f *facts) position() int64 {
	watermark := f.watermark()
	switch {
	case f.stored.Intervention != nil:
		return *f.stored.Intervention
	case f.committed != nil && watermark != nil:
		return min(*f.committed, *watermark)
	case f.committed != nil:
		return *f.committed
	case watermark != nil:
		return *watermark
	}
	return f.log.Start
}

// Workers returns the group's members in the order of their names.
func (s *Survey) Workers() []Worker {
	workers := make([]Worker, len(s.Group.Members))
	for i, m := range s.Group.Members {
		workers[i] = Worker{
			Name: m.ClientID, Host: strings.TrimPrefix(m.Host, "/"), Partitions: append([]int32{}, m.Partitions...),
		}
	}
	slices.SortFunc(workers, func(a, b Worker) int { return strings.Compare(a.Name, b.Name) })
	return workers
}
