package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	printing "deductor/internal/printable"
	"deductor/internal/progress"
)

// watch shows the status again and again.
type watch struct {
	on       bool
	interval time.Duration
}

// What a terminal takes (ECMA-48): to the upper left corner, and erase from there
// to the end.
const redraw = "\x1b[H\x1b[J"

// run looks until the command's context ends, which is no error.
func (v *watch) run(cmd *cobra.Command, l *looker, out output) error {
	if v.interval <= 0 {
		return usagef("--interval %v is not above zero", v.interval)
	}
	ctx, w := cmd.Context(), cmd.OutOrStdout()
	terminal := progress.IsTerminal(w) && out == "text"
	ticker := time.NewTicker(v.interval)
	defer ticker.Stop()
	for {
		s, err := l.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		switch {
		case err != nil && exitCode(err) == exitUsage:
			return err
		case err != nil:
			at := time.Now().UTC().Format(time.RFC3339)
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s; trying again\n", at, message(ctx, err))
		default:
			if err := show(w, s, out, terminal); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// show writes one look.
func show(w io.Writer, s *status, out output, terminal bool) error {
	if out == "json" {
		line, err := json.Marshal(s)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s\n", printing.Lines(line))
		return err
	}
	if terminal {
		fmt.Fprint(w, redraw)
	}
	return out.write(w, s, func(w io.Writer) error {
		fmt.Fprintf(w, "%s\n", s.At.Format(time.RFC3339))
		if err := s.text(w); err != nil {
			return err
		}
		_, err := fmt.Fprintln(w)
		return err
	})
}
