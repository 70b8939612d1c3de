package produce

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"strconv"

	"deductor/consumer/command"
)

// Generator makes up commands. The same fields make the same commands.
type Generator struct {
	// Count is how many commands there are, repeats included.
	Count int
	// Duplicates is the share of them that repeat an earlier one, from 0 to
	// below 1. The number of repeats is exact: Count times Duplicates, rounded.
	Duplicates float64
	// Accounts is how many accounts are debited: AccountPrefix with 1 to Accounts.
	Accounts      int
	AccountPrefix string
	// Currency is an ISO 4217 code.
	Currency string
	// AmountMax is the largest amount, in minor units; the least is 1.
	AmountMax int64
	// Seed sets accounts and amounts, and begins the order ids.
	Seed uint64
	// Vary changes the index-th order, the same way each time; the random
	// numbers are its own. Defaults to no change.
	Vary func(order *command.Command, index int, rng *rand.Rand)
}

// Validate says which field can't be.
func (g *Generator) Validate() error {
	switch {
	case g.Count < 1:
		return fmt.Errorf("the count is %d: it must be at least 1", g.Count)
	case g.Duplicates < 0 || g.Duplicates >= 1 || math.IsNaN(g.Duplicates):
		return fmt.Errorf("the share of duplicates is %v: it must be from 0 to below 1", g.Duplicates)
	case g.Accounts < 1:
		return fmt.Errorf("the number of accounts is %d: it must be at least 1", g.Accounts)
	case g.AmountMax < 1:
		return fmt.Errorf("the largest amount is %d minor units: it must be at least 1", g.AmountMax)
	}
	_, err := command.Encode(g.order(0))
	return err
}

// Orders is how many commands are no repeats.
func (g *Generator) Orders() int {
	repeats := int(math.Round(float64(g.Count) * g.Duplicates))
	return g.Count - min(repeats, g.Count-1)
}

// Commands yields the commands. Each remaining place is as likely as any other
// to be a repeat, of any of the orders before it.
func (g *Generator) Commands() iter.Seq[command.Command] {
	return func(yield func(command.Command) bool) {
		rng := rand.New(rand.NewPCG(g.Seed, math.MaxUint64)) //nolint:gosec // no secret: to be had again
		orders, made := g.Orders(), 0
		for left := g.Count; left > 0; left-- {
			index := made
			if repeats := left - (orders - made); made > 0 && rng.IntN(left) < repeats {
				index = rng.IntN(made)
			} else {
				made++
			}
			if !yield(g.order(index)) {
				return
			}
		}
	}
}

// order is the index-th order, from its own random numbers: nothing has to be
// kept for a repeat. Ids rise, as those of orders that come in do.
func (g *Generator) order(index int) command.Command {
	rng := rand.New(rand.NewPCG(g.Seed, uint64(index))) //nolint:gosec // no secret: to be had again
	order := command.Command{
		OrderID:  fmt.Sprintf("%s-%09d", strconv.FormatUint(g.Seed, 36), index+1),
		Account:  g.AccountPrefix + strconv.Itoa(1+rng.IntN(g.Accounts)),
		Amount:   1 + rng.Int64N(g.AmountMax),
		Currency: g.Currency,
	}
	if g.Vary != nil {
		g.Vary(&order, index, rng)
	}
	return order
}
