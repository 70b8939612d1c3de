package produce

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"deductor/consumer/command"
)

func generators(t *rapid.T) *Generator {
	return &Generator{
		Count:         rapid.IntRange(1, 300).Draw(t, "count"),
		Duplicates:    rapid.Float64Range(0, 0.999).Draw(t, "duplicates"),
		Accounts:      rapid.IntRange(1, 20).Draw(t, "accounts"),
		AccountPrefix: rapid.SampledFrom([]string{"", "customer-", "ü"}).Draw(t, "prefix"),
		Currency:      rapid.SampledFrom([]string{"USD", "JPY", "KWD"}).Draw(t, "currency"),
		AmountMax:     rapid.Int64Range(1, 1000).Draw(t, "amount max"),
		Seed:          rapid.Uint64().Draw(t, "seed"),
	}
}

func TestGeneratorKeepsItsWord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := generators(t)
		if err := g.Validate(); err != nil {
			t.Fatalf("%+v: %v", g, err)
		}
		orders := make(map[string]command.Command)
		repeats, last, total := 0, "", 0
		for c := range g.Commands() {
			total++
			first, repeated := orders[c.OrderID]
			switch {
			case repeated && first != c:
				t.Fatalf("%+v repeats %+v", c, first)
			case repeated:
				repeats++
				continue
			case c.OrderID <= last:
				t.Fatalf("order id %q follows %q", c.OrderID, last)
			}
			orders[c.OrderID], last = c, c.OrderID
			number := 0
			_, err := fmt.Sscanf(strings.TrimPrefix(c.Account, g.AccountPrefix), "%d", &number)
			if err != nil || number < 1 || number > g.Accounts ||
				c.Amount < 1 || c.Amount > g.AmountMax || c.Currency != g.Currency {
				t.Fatalf("%+v made %+v", g, c)
			}
		}
		wanted := min(int(math.Round(float64(g.Count)*g.Duplicates)), g.Count-1)
		if total != g.Count || repeats != wanted || len(orders) != g.Orders() {
			t.Fatalf("%d commands, %d repeats (want %d), %d orders (want %d)",
				total, repeats, wanted, len(orders), g.Orders())
		}
		if !slices.Equal(slices.Collect(g.Commands()), slices.Collect(g.Commands())) {
			t.Fatalf("%+v makes other commands the second time", g)
		}
	})
}

func TestGeneratorSpreadsRepeats(t *testing.T) {
	t.Parallel()
	g := &Generator{Count: 10_000, Duplicates: 0.5, Accounts: 1, Currency: "USD", AmountMax: 1, Seed: 1}
	seen := make(map[string]bool)
	tenths := make([]int, 10)
	i := 0
	for c := range g.Commands() {
		if seen[c.OrderID] {
			tenths[i/1000]++
		}
		seen[c.OrderID] = true
		i++
	}
	for tenth, repeats := range tenths {
		if repeats < 400 || repeats > 600 {
			t.Errorf("the %d. tenth has %d repeats of 1,000: %v", tenth+1, repeats, tenths)
		}
	}
}

func TestGeneratorValidates(t *testing.T) {
	t.Parallel()
	good := Generator{Count: 1, Accounts: 1, AccountPrefix: "a", Currency: "USD", AmountMax: 1}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Generator){
		"count":      func(g *Generator) { g.Count = 0 },
		"duplicates": func(g *Generator) { g.Duplicates = 1 },
		"NaN":        func(g *Generator) { g.Duplicates = math.NaN() },
		"-0.1":       func(g *Generator) { g.Duplicates = -0.1 },
		"accounts":   func(g *Generator) { g.Accounts = 0 },
		"amount":     func(g *Generator) { g.AmountMax = 0 },
		"XYZ":        func(g *Generator) { g.Currency = "XYZ" },
		"account":    func(g *Generator) { g.AccountPrefix = strings.Repeat("a", 128) },
	} {
		g := good
		spoil(&g)
		if err := g.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
