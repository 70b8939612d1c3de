package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"deductor/consumer/intake"
	"deductor/consumer/settle"
)

// Application is a plan that is to be carried out.
type Application struct {
	Cluster *intake.Cluster
	DB      settle.Beginner
	// Group is the workers', Plan what [Planner.Plan] made for it.
	Group string
	Plan  *Plan
	// Rate is the most records a second that are read again of each partition; 0
	// is no limit.
	Rate int32
	// Actor and Reason say who and why.
	Actor, Reason string
	// Execute does it. Otherwise it is only found out whether it would be done.
	Execute bool
}

// errRehearsed takes back what was only to be tried.
var errRehearsed = errors.New("rehearsed")

// Apply sends the plan's partitions back, all or none, and returns the id of the
// replay; 0 when it is not to be executed. Workers follow by themselves within
// their RecheckInterval, or when they are started. The error is a [*RefusedError]
// when the plan is not for this topic or group, or things have changed since.
func (a Application) Apply(ctx context.Context) (id int64, err error) {
	replay, err := a.check(ctx)
	if err != nil {
		return 0, err
	}
	// A worker's transaction on several of the partitions may take its locks in
	// another order: one of the two is given up by Postgres, and done again.
	for try := 0; ; try++ {
		err = pgx.BeginFunc(ctx, a.DB, func(tx pgx.Tx) error {
			if id, err = settle.StartReplay(ctx, tx, replay); err == nil && !a.Execute {
				id, err = 0, errRehearsed
			}
			return err
		})
		if !inTheWay(err) || try == 5 {
			break
		}
	}
	switch {
	case errors.Is(err, errRehearsed):
		return 0, nil
	case errors.As(err, new(*settle.RefusedError)):
		return 0, &RefusedError{err.Error()}
	}
	return id, err
}

// inTheWay tells a deadlock and a lock that took too long.
func inTheWay(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && (pgErr.Code == "40P01" || pgErr.Code == "55P03")
}

// check compares the plan with the topic as it is.
func (a Application) check(ctx context.Context) (none settle.NewReplay, err error) {
	plan := a.Plan
	if plan.Group != a.Group {
		return none, refuse("the plan is for group %s, not %s", plan.Group, a.Group)
	}
	replayed := plan.Replayed()
	if len(replayed) == 0 {
		return none, refuse("by the plan there is nothing to read again")
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	topic, err := a.Cluster.Topic(ctx)
	if err != nil {
		return none, err
	}
	switch {
	case plan.Topic != topic.Name:
		return none, refuse("the plan is for topic %s, not %s", plan.Topic, topic.Name)
	case plan.TopicID != topic.ID.String():
		return none, refuse("topic %s was deleted and created again since the plan was made: its id was %s and is %s",
			plan.Topic, plan.TopicID, topic.ID)
	}
	ids := make([]int32, len(replayed))
	for i := range replayed {
		ids[i] = replayed[i].Partition
	}
	logs, err := a.Cluster.LogRanges(ctx, ids)
	if err != nil {
		return none, err
	}
	committed, err := a.Cluster.Committed(ctx, a.Group, ids)
	if err != nil {
		return none, err
	}
	kept, err := json.Marshal(plan)
	if err != nil {
		return none, err
	}
	replay := settle.NewReplay{Group: a.Group, Topic: topic.Name, TopicID: topic.ID, Target: plan.Target, Rate: a.Rate,
		Plan: kept, Actor: a.Actor, Reason: a.Reason}
	if plan.Horizon != nil {
		replay.Horizon = *plan.Horizon
	}
	for i := range replayed {
		p := &replayed[i]
		if why := misfit(p, logs[p.Partition]); why != "" {
			return none, refuse("partition %d: %s: plan again", p.Partition, why)
		}
		target := settle.ReplayTarget{Partition: p.Partition, To: p.Target, Planned: p.Standing}
		if offset, ok := committed[p.Partition]; ok {
			target.Committed = &offset
		}
		replay.Partitions = append(replay.Partitions, target)
	}
	return replay, nil
}

// misfit says why a log is no longer the one that was planned for; "" if it is.
func misfit(p *PartitionPlan, log intake.LogRange) string {
	switch {
	case log.Start > p.Target:
		return fmt.Sprintf("retention has removed offsets %d to %d since the plan was made", p.Target, log.Start-1)
	case log.End < p.Watermark:
		return fmt.Sprintf("its log ends at offset %d, and was read up to %d: it lost records", log.End, p.Watermark)
	}
	return ""
}
