package console

import (
	"context"
	"net/http"
	"sync"
	"time"

	"deductor/consumer/settle"
	"deductor/internal/pgclose"
	"deductor/ledger"
)

const (
	// auditTimeout bounds an audit, which reads all orders and transfers.
	auditTimeout = 15 * time.Minute
	// auditFindings is how many findings of each check are shown at most.
	auditFindings = 20
)

// verdict is what an audit came to.
type verdict struct {
	Checks []ledger.Check
	Totals books
	At     time.Time
	Took   time.Duration
	Who    string
}

// Failed counts the checks that found something.
func (v *verdict) Failed() (n int) {
	for _, check := range v.Checks {
		if !check.OK() {
			n++
		}
	}
	return n
}

// verdicts keeps the last one.
type verdicts struct {
	mu   sync.Mutex
	last *verdict
}

func (v *verdicts) set(last *verdict) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last = last
}

func (v *verdicts) get() *verdict {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.last
}

// auditView is the audit's page: with the last verdict, if there is one.
type auditView struct {
	Last    *verdict
	Minutes int
}

func (c *Console) auditPage(context.Context, *http.Request) (string, any, error) {
	return "Audit", auditView{c.verdicts.get(), int(auditTimeout / time.Minute)}, nil
}

// audit proves the books while the one who asked waits; it is given up when they
// go. One runs at a time.
func (c *Console) audit(w http.ResponseWriter, r *http.Request) {
	c.answer(w, r, "audit", "audit", func(ctx context.Context, r *http.Request) (string, any, error) {
		if !c.auditor.try() {
			return "", nil, &pageError{http.StatusConflict, "An audit runs already",
				"It reads all orders, so that one runs at a time. Its verdict will be on the page of the audit."}
		}
		defer c.auditor.leave()
		c.config.Logger.Info("console: an audit begins", "who", visitorOf(r.Context()))
		began := time.Now()
		conn, err := c.config.Connect(ctx)
		if err != nil {
			return "", nil, failing("The audit can't begin", err)
		}
		defer pgclose.Conn(conn)
		checks, totals, err := settle.Audit(ctx, conn, auditFindings)
		if err != nil {
			return "", nil, failing("The audit did not come to its end", err)
		}
		last := &verdict{checks, totals, began.UTC(), time.Since(began), visitorOf(r.Context())}
		c.verdicts.set(last)
		c.config.Logger.Info("console: an audit ended", "who", last.Who, "failed_checks", last.Failed(), "took", last.Took)
		return "Audit", auditView{last, int(auditTimeout / time.Minute)}, nil
	})
}
