package console

import (
	"context"
	"errors"
	"net/http"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
	"deductor/ledger"
)

// maxID bounds what an order id or an account's name can be, in bytes.
const maxID = 128

// ordersPage is the page of orders: the story of the one that is asked for, or
// the latest payments.
type ordersPage struct {
	ID     string
	Asked  bool
	Latest []ledger.Posted
	// Order is nil when nothing is recorded of it, and Unknown says what that may
	// mean.
	Order   *settle.Order
	Unknown string
	Story   []settle.Event
	Answers []settle.Answer // by attempt
	Letters []orderLetter
	// LettersMore tells that there may be more dead letters.
	LettersMore bool
}

// orderLetter is a dead letter with the raw message.
type orderLetter struct {
	settle.DeadLetter
	Value *content // nil: it is on the letter's own page
}

const (
	// latestPayments is how many are shown before an order is asked for.
	latestPayments = 20
	// maxLettersOfOrder is how many FindOrder gives at most.
	maxLettersOfOrder = 100
)

func (c *Console) orders(ctx context.Context, r *http.Request) (string, any, error) {
	page := ordersPage{ID: r.URL.Query().Get("id")}
	if page.ID == "" {
		err := c.db.read(ctx, func(tx pgx.Tx) (err error) {
			page.Latest, err = ledger.LatestTransfers(ctx, tx, latestPayments)
			return err
		})
		return "Orders", page, failing("The latest payments can't be read", err)
	}
	if len(page.ID) > maxID {
		return "", nil, &pageError{http.StatusBadRequest, "That is no order id", "An order id has 1 to 128 bytes."}
	}
	page.Asked = true
	order, err := settle.FindOrder(ctx, c.db, page.ID)
	var unknown *settle.UnknownOrderError
	switch {
	case errors.As(err, &unknown):
		page.Unknown = unknown.Error()
	case err != nil:
		return "", nil, failing("The order can't be read", err)
	default:
		page.tell(&order)
	}
	return "Order " + page.ID, page, nil
}

func (p *ordersPage) tell(order *settle.Order) {
	p.Order, p.Story = order, order.Events()
	p.Answers = append(p.Answers, order.Earlier...)
	if order.Decided {
		p.Answers = append(p.Answers, order.Answer)
	}
	for i := range order.DeadLetters {
		letter := orderLetter{DeadLetter: order.DeadLetters[i].DeadLetter}
		if whole := order.DeadLetters[i].Content; whole != nil {
			value := contentOf(whole.Value)
			letter.Value = &value
		}
		p.Letters = append(p.Letters, letter)
	}
	p.LettersMore = len(p.Letters) >= maxLettersOfOrder
}

// Word is the order's outcome.
func (p ordersPage) Word() string {
	switch {
	case p.Order == nil:
		return "unknown"
	case p.Order.Decided:
		return p.Order.Outcome.String()
	}
	return "undecided"
}
