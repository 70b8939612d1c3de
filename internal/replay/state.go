package replay

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"time"

	"deductor/consumer/settle"
)

// States of a replay.
const (
	// Running means that records are still to be read again.
	Running = "running"
	// Finished means that all were.
	Finished = "finished"
	// Interrupted means that an operator moved a partition elsewhere before all of
	// it was read again.
	Interrupted = "interrupted"
)

// State is a replay, and how far it is. Its JSON is a contract with scripts.
type State struct {
	ID        int64     `json:"id"`
	State     string    `json:"state"`
	Group     string    `json:"group"`
	Topic     string    `json:"topic"`
	Target    string    `json:"target"`
	Actor     string    `json:"actor"`
	Reason    string    `json:"reason"`
	CreatedAt time.Time `json:"created_at"`
	// FinishedAt is null while it runs.
	FinishedAt *time.Time `json:"finished_at"`
	// Rate is the most records a second of each partition; null without a limit.
	Rate *int32 `json:"rate"`
	Progress
	// OffsetsPerSecond is how fast it was so far; SecondsLeft how long the rest
	// takes at that rate, null when it is not known or nothing is left.
	OffsetsPerSecond float64  `json:"offsets_per_second"`
	SecondsLeft      *float64 `json:"seconds_left"`
	// Planned is what the plan expected.
	Planned    Counts           `json:"planned"`
	Partitions []PartitionState `json:"partitions"`
}

// PartitionState is how far a replay is in one partition.
type PartitionState struct {
	Partition int32  `json:"partition"`
	State     string `json:"state"`
	// Halted says why the partition waits for an operator; null when it doesn't.
	Halted *string `json:"halted"`
	// CommittedOffset is the group's in Kafka before; null when there was none.
	CommittedOffset *int64 `json:"committed_offset"`
	// FromOffset up to, and without, UntilOffset is read again; UntilOffset is the
	// watermark before. NextOffset is how far it is.
	FromOffset  int64 `json:"from_offset"`
	UntilOffset int64 `json:"until_offset"`
	NextOffset  int64 `json:"next_offset"`
	Progress
	FinishedAt *time.Time `json:"finished_at"`
}

// Progress is how many offsets were read again, and what their records became.
type Progress struct {
	// Offsets is how many are to be read again, Done how many were. Control
	// records and aborted ones count.
	Offsets int64 `json:"offsets"`
	Done    int64 `json:"done"`
	// Records is the sum of the others.
	Records         int64 `json:"records"`
	AlreadyAnswered int64 `json:"already_answered"`
	AlreadySetAside int64 `json:"already_set_aside"`
	Applied         int64 `json:"applied"`
	Declined        int64 `json:"declined"`
	Conflicts       int64 `json:"conflicts"`
	OtherLetters    int64 `json:"other_dead_letters"`
}

func (p *Progress) add(other *Progress) {
	p.Offsets += other.Offsets
	p.Done += other.Done
	p.Records += other.Records
	p.AlreadyAnswered += other.AlreadyAnswered
	p.AlreadySetAside += other.AlreadySetAside
	p.Applied += other.Applied
	p.Declined += other.Declined
	p.Conflicts += other.Conflicts
	p.OtherLetters += other.OtherLetters
}

// UnknownError says that there is no replay of an id, or none at all (0).
type UnknownError struct{ ID int64 }

// Error names the id.
func (e *UnknownError) Error() string {
	if e.ID == 0 {
		return "nothing was ever replayed into this database"
	}
	return fmt.Sprintf("there is no replay %d: deductor replay list has them", e.ID)
}

// Get returns a replay; the latest with id 0. The error is an [*UnknownError] when
// there is none.
func Get(ctx context.Context, db settle.Querier, id int64) (State, error) {
	if id == 0 {
		states, err := List(ctx, db, 0, 1)
		if err == nil && len(states) == 0 {
			err = &UnknownError{}
		}
		if err != nil {
			return State{}, err
		}
		return states[0], nil
	}
	found, known, err := settle.FindReplay(ctx, db, id)
	switch {
	case err != nil:
		return State{}, err
	case !known:
		return State{}, &UnknownError{ID: id}
	}
	return stateOf(&found)
}

// List returns up to limit replays, the latest first: those whose ids are below
// the given one, or from the latest on with 0.
func List(ctx context.Context, db settle.Querier, below int64, limit int) ([]State, error) {
	replays, err := settle.Replays(ctx, db, below, limit)
	if err != nil {
		return nil, err
	}
	states := make([]State, len(replays))
	for i := range replays {
		if states[i], err = stateOf(&replays[i]); err != nil {
			return nil, err
		}
	}
	return states, nil
}

func stateOf(r *settle.Replay) (State, error) {
	s := State{ID: r.ID, State: Finished, Group: r.Group, Topic: r.Topic, Target: r.Target, Actor: r.Actor,
		Reason: r.Reason, CreatedAt: r.CreatedAt.UTC(), Partitions: make([]PartitionState, len(r.Partitions))}
	if r.Rate > 0 {
		s.Rate = &r.Rate
	}
	plan, err := ReadPlan(bytes.NewReader(r.Plan))
	if err != nil {
		return s, fmt.Errorf("the plan of replay %d: %w", r.ID, err)
	}
	s.Planned = plan.Totals
	var last time.Time
	for i := range r.Partitions {
		p := partitionStateOf(&r.Partitions[i])
		s.Partitions[i] = p
		s.Progress.add(&p.Progress)
		s.State = worse(s.State, p.State)
		at := r.Partitions[i].ReadAt
		if p.FinishedAt != nil {
			at = *p.FinishedAt
		}
		if at.After(last) {
			last = at
		}
	}
	if s.State != Running {
		finished := last.UTC()
		s.FinishedAt = &finished
	}
	s.OffsetsPerSecond = float64(s.Done) / max(last.Sub(r.CreatedAt).Seconds(), 1e-3)
	if rest := s.Offsets - s.Done; rest > 0 && s.Done > 0 && s.State == Running {
		left := float64(rest) / s.OffsetsPerSecond
		s.SecondsLeft = &left
	}
	return s, nil
}

// worse is the state of a whole of which one part has the one, one the other.
func worse(a, b string) string {
	rank := map[string]int{Finished: 0, Interrupted: 1, Running: 2}
	if cmp.Less(rank[a], rank[b]) {
		return b
	}
	return a
}

func partitionStateOf(p *settle.ReplayPartition) PartitionState {
	s := PartitionState{
		Partition: p.Partition, State: Running, CommittedOffset: p.Committed,
		FromOffset: p.From, UntilOffset: p.Until, NextOffset: p.Next, FinishedAt: p.FinishedAt,
		Progress: Progress{
			Offsets: p.Until - p.From, Done: p.Next - p.From, Records: p.Records,
			AlreadyAnswered: p.AlreadyAnswered, AlreadySetAside: p.AlreadySetAside, Applied: p.Applied,
			Declined: p.Declined, Conflicts: p.Conflicts, OtherLetters: p.OtherLetters,
		},
	}
	switch {
	case p.Interrupted():
		s.State = Interrupted
	case p.FinishedAt != nil:
		s.State = Finished
	case p.Halt != "":
		s.Halted = &p.Halt
	}
	return s
}

// Follow calls show with the replay's state now and then, until it no longer runs,
// and returns the last. The error is ctx's when that ends first.
func Follow(ctx context.Context, db settle.Querier, id int64, every time.Duration, show func(*State)) (State, error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		state, err := Get(ctx, db, id)
		if err != nil {
			return state, err
		}
		show(&state)
		if state.State != Running {
			return state, nil
		}
		id = state.ID
		select {
		case <-ctx.Done():
			return state, ctx.Err()
		case <-ticker.C:
		}
	}
}
