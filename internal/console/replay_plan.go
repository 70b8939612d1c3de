package console

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"deductor/internal/pgclose"
	"deductor/internal/replay"
)

const (
	// planTimeout bounds a plan, which reads the range from Kafka.
	planTimeout = 15 * time.Minute
	// keptPlans is how many plans wait to be applied.
	keptPlans = 8
)

// plans are those that were made here, by names that can't be guessed.
type plans struct {
	mu    sync.Mutex
	known map[string]*replay.Plan
	order []string // the oldest first
}

func (p *plans) keep(plan *replay.Plan) (name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = make(map[string]*replay.Plan)
	}
	name = rand.Text()
	p.known[name] = plan
	if p.order = append(p.order, name); len(p.order) > keptPlans {
		delete(p.known, p.order[0])
		p.order = p.order[1:]
	}
	return name
}

func (p *plans) get(name string) *replay.Plan {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known[name]
}

// planView is the page of a plan.
type planView struct {
	*replay.Plan
	Name       string
	Obstacles  bool
	AskName    bool
	MostReason int
}

// plan finds out what a replay would do, while the one who asked waits. One at a
// time; it is given up when they go.
func (c *Console) plan(w http.ResponseWriter, r *http.Request) {
	c.answer(w, r, "plan", "replays", func(ctx context.Context, r *http.Request) (string, any, error) {
		target, scope, err := parseTarget(r.PostForm)
		if err != nil {
			return "", nil, err
		}
		if !c.planning.try() {
			return "", nil, &pageError{http.StatusConflict, "A replay is being planned already",
				"It reads the topic, so that one is planned at a time. Try again when it is done."}
		}
		defer c.planning.leave()
		planner := &replay.Planner{Cluster: c.config.Cluster, Connect: c.config.Connect, Group: c.config.Group,
			Target: target, Scope: scope, Progress: func(int64, int64) {}}
		plan, err := planner.Plan(ctx)
		if refused := new(replay.RefusedError); errors.As(err, &refused) {
			return "", nil, &pageError{http.StatusConflict, "It can't be replayed so", refused.Why}
		}
		if err != nil {
			return "", nil, failing("The plan did not come to its end", err)
		}
		view := planView{Plan: plan, Name: c.plans.keep(plan), AskName: !c.config.Access.SignIn(), MostReason: maxReason}
		for _, partition := range plan.Replayed() {
			view.Obstacles = view.Obstacles || partition.Obstacle != ""
		}
		return "Plan of a replay", view, nil
	})
}

// parseTarget reads from where on, and of which partitions.
func parseTarget(form url.Values) (target replay.Target, scope []int32, err error) {
	wrong := func(why string) error {
		return &pageError{http.StatusBadRequest, "The replay's beginning can't be read", why}
	}
	value := strings.TrimSpace(form.Get("value"))
	if len(value) > maxID {
		return target, nil, wrong("It is too long.")
	}
	switch form.Get("target") {
	case "earliest":
		target = replay.ToEarliest()
	case "datetime":
		at, err := replay.ParseTime(value, time.Local)
		if err != nil {
			return target, nil, wrong(err.Error())
		}
		target = replay.ToTime(at)
	case "duration":
		ago, err := replay.ParseDuration(value)
		if err != nil {
			return target, nil, wrong(err.Error())
		}
		target = replay.ByDuration(ago)
	case "order":
		if value == "" {
			return target, nil, wrong("Which order?")
		}
		target = replay.ToOrder(value)
	default:
		return target, nil, wrong("Say from where on.")
	}
	for text := range strings.SplitSeq(form.Get("partitions"), ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		id, err := strconv.ParseInt(text, 10, 32)
		if err != nil || id < 0 {
			return target, nil, wrong("Write partitions as 0,1,2, or leave the field empty for all.")
		}
		scope = append(scope, int32(id))
	}
	return target, scope, nil
}

// apply has a plan carried out, and leads to its progress.
func (c *Console) apply(w http.ResponseWriter, r *http.Request) {
	id, err := c.startReplay(r.Context(), r)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	http.Redirect(w, r, fmt.Sprintf("%s/replays/%d", Prefix, id), http.StatusSeeOther)
}

func (c *Console) startReplay(ctx context.Context, r *http.Request) (id int64, err error) {
	if err := c.writable(); err != nil {
		return 0, err
	}
	plan := c.plans.get(r.PostForm.Get("plan"))
	if plan == nil {
		return 0, &pageError{http.StatusConflict, "That plan is gone", "Plan again: plans are kept in memory, a few of them."}
	}
	var limit int64
	if text := strings.TrimSpace(r.PostForm.Get("rate")); text != "" {
		if limit, err = strconv.ParseInt(text, 10, 32); err != nil || limit < 1 {
			return 0, &pageError{http.StatusBadRequest, "The rate can't be read",
				"Write how many records a second of each partition, or leave the field empty for no limit."}
		}
	}
	actor, reason, err := c.whoAndWhy(r)
	if err != nil {
		return 0, err
	}
	if err := c.actions.enter(ctx); err != nil {
		return 0, failing("The replay did not begin: another action is being done", err)
	}
	defer c.actions.leave()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), actionWait) // its commit is seen to the end
	defer cancel()
	conn, err := c.config.Connect(ctx)
	if err != nil {
		return 0, failing("The replay did not begin", err)
	}
	defer pgclose.Conn(conn)
	id, err = replay.Application{Cluster: c.config.Cluster, DB: conn, Group: c.config.Group, Plan: plan,
		Rate: int32(limit), Actor: actor, Reason: reason, Execute: true}.Apply(ctx)
	if refused := new(replay.RefusedError); errors.As(err, &refused) {
		return 0, &pageError{http.StatusConflict, "The replay is refused", refused.Why}
	}
	if err != nil {
		return 0, failing("It is not known whether the replay began: the list of replays tells", err)
	}
	c.config.Logger.Info("console: a replay began", "replay", id, "target", plan.Target, "rate", limit,
		"actor", actor, "reason", reason)
	return id, nil
}
