package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"deductor/consumer/settle"
	"deductor/internal/config"
	"deductor/internal/letters"
	"deductor/internal/pgclose"
	"deductor/internal/progress"
)

// resolution is what requeue and discard have in common.
type resolution struct {
	database config.Database
	filter   letterFilter
	why      why
	execute  bool
	out      output
}

// why is --reason.
type why string

func (y *why) bind(cmd *cobra.Command) {
	cmd.Flags().StringVar((*string)(y), "reason", "", "why, a `TEXT` in your words; kept for ever")
	if err := cmd.MarkFlagRequired("reason"); err != nil {
		panic(err) // the flag is defined above
	}
}

// handling begins a run that is kept under the reason.
func (y *why) handling() (settle.Handling, error) {
	switch {
	case *y == "":
		return settle.Handling{}, usagef("--reason is empty: say why")
	case !utf8.ValidString(string(*y)):
		return settle.Handling{}, usagef("--reason is not text in UTF-8")
	}
	return settle.NewHandling(actor(), string(*y)), nil
}

func (r *resolution) bind(cmd *cobra.Command) {
	r.database.Bind(cmd.Flags())
	r.filter.bind(cmd.Flags())
	r.filter.bindAll(cmd.Flags())
	r.why.bind(cmd)
	r.out.bind(cmd.Flags())
	cmd.Flags().BoolVar(&r.execute, "execute", false, "do it; without it, only say what would be done")
}

// worker works on a set of dead letters.
type worker func(context.Context, *pgx.Conn, *settle.Selection, settle.Handling, func(int64)) (*letters.Report, error)

// run fixes the set, has it worked on, and reports.
func (r *resolution) run(cmd *cobra.Command, args []string, action string, work worker) error {
	wanted, err := r.filter.choose(cmd, args)
	if err != nil {
		return err
	}
	handling, err := r.why.handling()
	if err != nil {
		return err
	}
	conn, err := openDatabase(cmd.Context(), &r.database)
	if err != nil {
		return err
	}
	defer pgclose.Conn(conn)
	set, err := settle.SelectDeadLetters(cmd.Context(), conn, wanted)
	switch {
	case errors.Is(err, settle.ErrDeadLetterUnknown):
		return refused(fmt.Errorf("%w: deductor deadletter list has them; nothing was done", err))
	case err != nil:
		return err
	case set.Len() == 0:
		return refused(errors.New("no open dead letter matches: nothing was done"))
	}
	counter := progress.NewCounter("dead letters", int64(set.Len()))
	line := progress.Start(cmd.ErrOrStderr(), counter.Line)
	report, failure := work(cmd.Context(), conn, set, handling, counter.Add)
	line.Stop()
	view := viewReport(action, r.execute, report)
	if err := r.out.write(cmd.OutOrStdout(), view, func(w io.Writer) error { return writeReport(w, view) }); err != nil {
		return err
	}
	return r.judge(action, report, failure)
}

// judge says how it ended.
func (r *resolution) judge(action string, report *letters.Report, failure error) error {
	left := report.StayOpen() + report.NotReached()
	switch {
	case failure != nil && !errors.Is(failure, letters.ErrInterrupted):
		err := fmt.Errorf("%d of %d dead letters were not reached, or it is not known what became of them: "+
			"give the same command again, nothing is paid twice: %w", report.NotReached(), report.Selected, failure)
		if report.Resolved() > 0 {
			return partial(err)
		}
		return err
	case failure != nil:
		return partial(failure)
	case report.Resolved() == 0 && left == 0:
		return refused(fmt.Errorf("%s: none of them was open", action))
	case report.Resolved() == 0:
		return refused(fmt.Errorf("%s: all %d stay open", action, left))
	case left > 0 && r.execute:
		return partial(fmt.Errorf("%s: %d of %d stay open", action, left, report.Selected))
	}
	return nil
}
