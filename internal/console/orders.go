package console

import (
	"context"
	"errors"
	"net/http"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
	"deductor/dedupe"
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
	Order  *settle.Order
	// Unknown says what is known of an order that was never decided.
	Unknown *settle.UnknownOrderError
	Story   []event
	// Letters are the first dead letters with its id, LettersMore that there may be
	// others.
	Letters     []settle.DeadLetter
	LettersMore bool
}

// latestPayments is how many are shown before an order is asked for.
const latestPayments = 20

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
	switch {
	case errors.As(err, &page.Unknown):
		page.Letters = page.Unknown.DeadLetters
	case err != nil:
		return "", nil, failing("The order can't be read", err)
	default:
		page.Order, page.Letters = &order, order.DeadLetters
		page.Story = storyOf(&order)
	}
	page.LettersMore = len(page.Letters) >= maxLettersOfOrder
	return "Order " + page.ID, page, nil
}

// maxLettersOfOrder is how many FindOrder gives at most.
const maxLettersOfOrder = 100

// event is one answer in the story of an order.
type event struct {
	settle.Answer
	Last bool // the order's outcome
}

// Applied tells whether money moved.
func (e event) Applied() bool { return e.Outcome == dedupe.Applied }

// Word is the outcome.
func (e event) Word() string { return e.Outcome.String() }

func storyOf(order *settle.Order) []event {
	events := make([]event, 0, len(order.Earlier)+1)
	for _, answer := range order.Earlier {
		events = append(events, event{Answer: answer})
	}
	return append(events, event{Answer: order.Answer, Last: true})
}
