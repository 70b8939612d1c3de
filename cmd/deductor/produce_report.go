package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"deductor/internal/produce"
	"deductor/internal/progress"
)

// produceReport is what was sent. Its JSON is a contract with scripts.
type produceReport struct {
	Sent    int64   `json:"sent"`
	Orders  int     `json:"distinct_orders"`
	Failed  int64   `json:"failed"`
	Invalid int     `json:"invalid"`
	Seconds float64 `json:"seconds"`
	// Seed makes the same commands again; null of a file.
	Seed *uint64 `json:"seed,string"`
}

func (p *producer) report(cmd *cobra.Command, sender *produce.Sender, took time.Duration, failure error) error {
	r := produceReport{
		Sent: sender.Sent, Orders: len(p.orders), Failed: sender.Failed, Invalid: p.invalid,
		Seconds: took.Seconds(), Seed: p.source.seed(),
	}
	p.tellInvalid(cmd.ErrOrStderr())
	if err := p.out.write(cmd.OutOrStdout(), r, r.text); err != nil {
		return err
	}
	switch {
	case failure == nil && r.Failed == 0 && r.Invalid == 0:
		return nil
	case failure == nil && r.Failed > 0:
		failure = fmt.Errorf("%d messages were not sent; the first: %w", r.Failed, sender.Err)
	case failure == nil:
		failure = fmt.Errorf("%d lines are no commands and were not sent", r.Invalid)
	}
	if r.Sent > 0 {
		return partial(failure)
	}
	return failure
}

// maxTold is how many invalid lines are told one by one.
const maxTold = 20

func (p *producer) setAside(err error) {
	p.invalid++
	if len(p.told) < maxTold {
		p.told = append(p.told, err)
	}
}

func (p *producer) tellInvalid(w io.Writer) {
	for _, err := range p.told {
		fmt.Fprintln(w, printable(err.Error()))
	}
	if more := p.invalid - len(p.told); more > 0 {
		fmt.Fprintf(w, "and %d more\n", more)
	}
}

func (r produceReport) text(w io.Writer) error {
	fmt.Fprintf(w, "sent %s messages of %s orders in %.1f s\n",
		progress.Thousands(r.Sent), progress.Thousands(int64(r.Orders)), r.Seconds)
	if r.Failed > 0 || r.Invalid > 0 {
		fmt.Fprintf(w, "not sent: %s failed, %s no commands\n",
			progress.Thousands(r.Failed), progress.Thousands(int64(r.Invalid)))
	}
	if r.Seed != nil {
		fmt.Fprintf(w, "the same again: --seed %d\n", *r.Seed)
	}
	return nil
}
