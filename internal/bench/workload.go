package bench

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/command"
	"deductor/internal/produce"
	"deductor/ledger"
)

//go:embed queries/prefill.sql
var prefillSQL string

const (
	currencyCode  = "USD"
	accountPrefix = "customer-"
	amountMax     = 1000 // minor units
)

// workload is what commands are like.
type workload struct {
	produce.Generator
	shape shape
}

// content is what a topic was filled with.
type content struct {
	commands int
	orders   int64
	amount   int64 // minor units, of each order once
}

// add counts an order that was sent once.
func (c *content) add(amount int64) {
	c.commands++
	c.orders++
	c.amount += amount
}

// newWorkload is that of a shape; the same seed makes the same commands.
func newWorkload(cfg *Config, s shape, count int, seed uint64) *workload {
	w := &workload{shape: s, Generator: produce.Generator{
		Count: count, Duplicates: s.duplicates, Accounts: cfg.Accounts, AccountPrefix: accountPrefix,
		Currency: currencyCode, AmountMax: amountMax, Seed: seed,
	}}
	debtor := s.debtor(cfg.Accounts)
	w.Vary = func(order *command.Command, index int, rng *rand.Rand) {
		order.OrderID = orderID(rng, index, s.timeOrdered)
		if debtor != nil {
			order.Account = accountPrefix + strconv.Itoa(1+debtor(rng))
		}
		if s.merchants > 0 {
			order.CreditAccount = merchantName(rng.IntN(s.merchants))
		}
	}
	return w
}

func merchantName(index int) string { return "merchant-" + strconv.Itoa(index+1) }

// ordersPerMillisecond is how many time-ordered ids share their beginning.
const ordersPerMillisecond = 50

// orderID is a UUID in its text form (RFC 9562): of version 4, which is random,
// or of version 7, which begins with the time.
func orderID(rng *rand.Rand, index int, timeOrdered bool) string {
	high, low := rng.Uint64(), rng.Uint64()
	high = high&^0xf000 | 0x4000
	if timeOrdered {
		began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
		at := uint64(began) + uint64(index)/ordersPerMillisecond //nolint:gosec // neither is negative
		high = at<<16 | 0x7000 | high&0xfff
	}
	low = low&^(3<<62) | 2<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", high>>32, high>>16&0xffff, high&0xffff, low>>48, low&(1<<48-1))
}

// encode writes a command as a message, of at least so many bytes as the shape
// says.
func (w *workload) encode(c command.Command) ([]byte, error) {
	value, err := command.Encode(c)
	const begin, end = `,"metadata":{"note":"`, `"}}`
	missing := w.shape.valueBytes - (len(value) - 1) - len(begin) - len(end)
	if err != nil || w.shape.valueBytes == 0 || missing < 0 {
		return value, err
	}
	return slices.Concat(value[:len(value)-1], []byte(begin), bytes.Repeat([]byte("x"), missing), []byte(end)), nil
}

// fill sends all commands to the topic.
func (w *workload) fill(ctx context.Context, t *topic, sent func(n int64)) (err error) {
	transport, err := t.kafka.Transport()
	if err != nil {
		return err
	}
	defer transport.CloseIdleConnections()
	sender := produce.NewSender(t.kafka.Brokers, t.name, transport, sent)
	defer sender.Close()
	t.content = content{commands: w.Count}
	seen := make(map[string]struct{}, w.Orders())
	for c := range w.Commands() {
		value, err := w.encode(c)
		if err != nil {
			return err
		}
		if _, repeated := seen[c.OrderID]; !repeated {
			seen[c.OrderID] = struct{}{}
			t.content.amount += c.Amount
		}
		if err := sender.Send(ctx, produce.Message{OrderID: c.OrderID, Value: value}); err != nil {
			return err
		}
	}
	t.content.orders = int64(len(seen))
	if err := sender.Flush(ctx); err != nil {
		return err
	}
	if sender.Failed > 0 {
		return fmt.Errorf("%d of %d commands were not taken: %w", sender.Failed, w.Count, sender.Err)
	}
	return ctx.Err()
}

// accountBatch is how many accounts one statement creates.
const accountBatch = 5000

// open makes accounts that can pay whatever comes, and the orders that are to be
// known beforehand.
func (w *workload) open(ctx context.Context, conn *pgx.Conn) error {
	all := make([]ledger.NewAccount, 0, w.Accounts+w.shape.merchants)
	for i := range w.Accounts {
		all = append(all, ledger.NewAccount{
			Name: accountPrefix + strconv.Itoa(i+1), Currency: currencyCode, Kind: ledger.Customer, Balance: w.opening(),
		})
	}
	for i := range w.shape.merchants {
		all = append(all, ledger.NewAccount{Name: merchantName(i), Currency: currencyCode, Kind: ledger.Settlement})
	}
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for some := range slices.Chunk(all, accountBatch) {
			if _, err := ledger.Create(ctx, tx, some); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if w.shape.known > 0 {
		if _, err := conn.Exec(ctx, prefillSQL, w.shape.known); err != nil {
			return fmt.Errorf("write %d orders beforehand: %w", w.shape.known, err)
		}
	}
	// A table that is in use for longer than a benchmark has been analysed.
	_, err = conn.Exec(ctx, "ANALYZE account")
	return err
}

// opening is a balance that all orders of the workload can't use up.
func (w *workload) opening() int64 { return int64(max(w.Count, 1_000_000_000)) * amountMax }
