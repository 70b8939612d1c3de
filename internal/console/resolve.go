package console

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"deductor/consumer/settle"
	"deductor/internal/printable"
)

// How long a rehearsal and an action are waited for, and how long one has to
// begin: package letters bounds the transactions themselves.
const (
	rehearsalTimeout = 10 * time.Second
	actionWait       = 20 * time.Second
	actionTimeout    = time.Minute
)

// maxChosen is how many dead letters are handled at a time: a page of them.
const maxChosen = lettersPage

// choice is what an operator asks to do with which dead letters.
type choice struct {
	Action string // requeue or discard
	IDs    []int64
}

func parseChoice(r *http.Request) (c choice, err error) {
	if c.Action = r.PathValue("action"); c.Action != "requeue" && c.Action != "discard" {
		return c, &pageError{http.StatusNotFound, "There is no such page", "Dead letters are requeued or discarded."}
	}
	seen := make(map[int64]bool)
	for _, text := range r.Form["id"] {
		id, err := letterID(text)
		if err != nil {
			return c, err
		}
		if !seen[id] {
			seen[id] = true
			c.IDs = append(c.IDs, id)
		}
	}
	switch n := len(c.IDs); {
	case n == 0:
		return c, &pageError{http.StatusBadRequest, "No dead letter was chosen", "Go back, and tick those you mean."}
	case n > maxChosen:
		return c, &pageError{http.StatusBadRequest, fmt.Sprintf("%d dead letters are too many at a time", n),
			fmt.Sprintf("Choose up to %d, or use deductor deadletter.", maxChosen)}
	}
	return c, nil
}

// writable says why nothing can be done here; nil when it can.
func (c *Console) writable() error {
	if c.config.Write {
		return nil
	}
	return &pageError{http.StatusForbidden, "This console only reads",
		"Run it with DEDUCTOR_CONSOLE_WRITE=true to act here, or use the commands deductor deadletter and deductor replay."}
}

// resolvePage is the page that asks for a confirmation.
type resolvePage struct {
	choice
	Rehearsal  *outcome
	Failure    string // why it is not known what would happen
	AskName    bool
	MostReason int
}

// confirm shows what would be done, and asks for the reason.
func (c *Console) confirm(w http.ResponseWriter, r *http.Request) {
	c.answer(w, r, "resolve", "letters", func(ctx context.Context, r *http.Request) (string, any, error) {
		if err := c.writable(); err != nil {
			return "", nil, err
		}
		chosen, err := parseChoice(r)
		if err != nil {
			return "", nil, err
		}
		page := resolvePage{choice: chosen, AskName: !c.config.Access.SignIn(), MostReason: maxReason}
		done, err := c.carryOut(ctx, chosen, settle.NewHandling("nobody", "rehearsal"), true)
		var told *pageError
		switch {
		case errors.As(err, &told) && told.Status == http.StatusNotFound:
			return "", nil, err
		case err != nil:
			page.Failure = reasonOf(err)
		default:
			page.Rehearsal = done
		}
		return title(chosen), page, nil
	})
}

func title(chosen choice) string {
	verb := strings.ToUpper(chosen.Action[:1]) + chosen.Action[1:]
	return verb + " " + plural(int64(len(chosen.IDs)), "dead letter", "dead letters")
}

// maxReason bounds the reason, in bytes, and a name.
const (
	maxReason = 500
	maxName   = 64
)

// resolve does it.
func (c *Console) resolve(w http.ResponseWriter, r *http.Request) {
	c.answer(w, r, "resolved", "letters", func(ctx context.Context, r *http.Request) (string, any, error) {
		if err := c.writable(); err != nil {
			return "", nil, err
		}
		chosen, err := parseChoice(r)
		if err != nil {
			return "", nil, err
		}
		actor, reason, err := c.whoAndWhy(r)
		if err != nil {
			return "", nil, err
		}
		c.config.Logger.Info("console: dead letters are handled", "action", chosen.Action, "ids", chosen.IDs,
			"actor", actor, "reason", reason)
		done, err := c.carryOut(ctx, chosen, settle.NewHandling(actor, reason), false)
		if err != nil {
			return "", nil, failing("It is not known what became of all of them: look at each, or send the form again "+
				"(nothing is paid twice)", err)
		}
		return title(chosen), done, nil
	})
}

// whoAndWhy is what is kept with each letter, for ever.
func (c *Console) whoAndWhy(r *http.Request) (actor, reason string, err error) {
	reason = strings.TrimSpace(r.PostForm.Get("reason"))
	if reason == "" || len(reason) > maxReason || !utf8.ValidString(reason) {
		return "", "", &pageError{http.StatusBadRequest, "There is no reason",
			fmt.Sprintf("Go back, and say why, in at most %d bytes. It is kept for ever.", maxReason)}
	}
	name, how := visitorOf(r.Context()), "console"
	if !c.config.Access.SignIn() {
		name, how = strings.TrimSpace(r.PostForm.Get("name")), "console, not signed in"
	}
	if name == "" || len(name) > maxName {
		return "", "", &pageError{http.StatusBadRequest, "There is no name",
			"Go back, and say who you are. It is kept for ever."}
	}
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		from = r.RemoteAddr
	}
	return fmt.Sprintf("%s (%s, %s)", printable.Text(name), how, from), reason, nil
}
