package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/jackc/pgx/v5"

	"deductor/internal/replay"
)

// replaysPage is how many replays a page has.
const replaysPage = 20

// replaysView is the page of replays, with the form for a plan.
type replaysView struct {
	Replays []replay.State
	Older   string // the URL of the next page; "" when there is none
	Paged   bool
}

func (c *Console) replays(ctx context.Context, r *http.Request) (string, any, error) {
	var view replaysView
	var below int64
	if text := r.URL.Query().Get("before"); text != "" {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || id < 1 {
			return "", nil, wrongFilter("before", "is not the id of a replay")
		}
		below, view.Paged = id, true
	}
	err := c.db.read(ctx, func(tx pgx.Tx) (err error) {
		view.Replays, err = replay.List(ctx, tx, below, replaysPage+1)
		return err
	})
	if err != nil {
		return "", nil, failing("The replays can't be read", err)
	}
	if len(view.Replays) > replaysPage {
		view.Replays = view.Replays[:replaysPage]
		view.Older = fmt.Sprintf("%s/replays?before=%d", Prefix, view.Replays[replaysPage-1].ID)
	}
	return "Replays", view, nil
}

// replay is the page of one, and replayNow what of it is fetched again and again.
func (c *Console) replay(ctx context.Context, r *http.Request) (string, any, error) {
	state, err := c.replayState(ctx, r)
	return fmt.Sprintf("Replay %d", state.ID), state, err
}

func (c *Console) replayNow(w http.ResponseWriter, r *http.Request) {
	state, err := c.replayState(r.Context(), r)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	if state.State != replay.Running {
		w.Header().Set("Hx-Refresh", "true") // the last time, with all that ends with it
	}
	c.show(w, r, http.StatusOK, "replay", "progress", c.frame(r, "replays", "Replay", state))
}

func (c *Console) replayState(ctx context.Context, r *http.Request) (state replay.State, err error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return state, &pageError{http.StatusNotFound, "There is no such replay", "The list of replays has all there are."}
	}
	err = c.db.read(ctx, func(tx pgx.Tx) error {
		state, err = replay.Get(ctx, tx, id)
		return err
	})
	if unknown := new(replay.UnknownError); errors.As(err, &unknown) {
		return state, &pageError{http.StatusNotFound, fmt.Sprintf("There is no replay %d", id),
			"The list of replays has all there are."}
	}
	return state, failing("The replay can't be read", err)
}
