package main

import (
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"

	"github.com/spf13/cobra"

	"deductor/consumer/currency"
	"deductor/internal/produce"
)

// produceSource says where produce takes its messages from.
type produceSource struct {
	file      string
	validate  bool
	generator produce.Generator
	amountMax string
	opened    io.Closer
}

func (s *produceSource) bind(cmd *cobra.Command) {
	flags, g := cmd.Flags(), &s.generator
	flags.StringVar(&s.file, "file", "", "send the lines of `FILE`, - for standard input")
	flags.BoolVar(&s.validate, "validate", false, "send no line of the file that is not a valid command")
	flags.IntVar(&g.Count, "count", 0, "make up `N` commands, repeats included")
	flags.Float64Var(&g.Duplicates, "duplicates", 0,
		"`SHARE` of them that repeats an earlier one, from 0 to below 1")
	flags.IntVar(&g.Accounts, "accounts", 100, "`NUMBER` of accounts to debit: prefix with 1 to NUMBER")
	flags.StringVar(&g.AccountPrefix, "account-prefix", "customer-", "`PREFIX` of the accounts' names")
	flags.StringVar(&g.Currency, "currency", "USD", "ISO 4217 `CODE` of the amounts")
	flags.StringVar(&s.amountMax, "amount-max", "10", "largest `AMOUNT`, in major units")
	flags.Uint64Var(&g.Seed, "seed", 0,
		"`NUMBER` that order ids, accounts and amounts follow from (default random)")
	cmd.MarkFlagsOneRequired("file", "count")
	cmd.MarkFlagsMutuallyExclusive("file", "count")
	for _, made := range []string{"duplicates", "accounts", "account-prefix", "currency", "amount-max", "seed"} {
		cmd.MarkFlagsMutuallyExclusive("file", made)
	}
	cmd.MarkFlagsMutuallyExclusive("count", "validate")
}

// open returns the messages. Errors of the flags are usage errors.
func (s *produceSource) open(cmd *cobra.Command) (iter.Seq2[produce.Message, error], error) {
	if !cmd.Flags().Changed("file") {
		return s.generated(cmd.Flags().Changed("seed"))
	}
	if s.file == "-" {
		return produce.ReadLines(cmd.InOrStdin(), s.validate), nil
	}
	file, err := os.Open(s.file)
	if err != nil {
		return nil, err
	}
	s.opened = file
	return produce.ReadLines(file, s.validate), nil
}

func (s *produceSource) close() {
	if s.opened != nil {
		_ = s.opened.Close() // it was only read
	}
}

func (s *produceSource) generated(seeded bool) (iter.Seq2[produce.Message, error], error) {
	g := &s.generator
	if !seeded {
		g.Seed = rand.Uint64() //nolint:gosec // no secret
	}
	var err error
	if g.AmountMax, err = currency.Parse(s.amountMax, g.Currency); err != nil {
		return nil, usage(fmt.Errorf("--amount-max: %w", err))
	}
	if err := g.Validate(); err != nil {
		return nil, usage(err)
	}
	return g.Messages(), nil
}

// total is how many messages there will be; 0 when that is not known.
func (s *produceSource) total() int64 { return int64(s.generator.Count) }

// seed is nil when nothing was made up.
func (s *produceSource) seed() *uint64 {
	if s.generator.Count == 0 {
		return nil
	}
	return &s.generator.Seed
}
