package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"deductor/consumer/settle"
	"deductor/internal/config"
	"deductor/internal/letters"
	"deductor/internal/pgclose"
	"deductor/internal/progress"
)

func newDeadletterExport() *cobra.Command {
	var e exporter
	cmd := &cobra.Command{
		Use:   "export (ID… | FILTERS | --all) [--file FILE] --reason TEXT",
		Short: "Write dead letters out as JSON Lines",
		Long: `Write dead letters out, one JSON object a line: what deadletter show -o json has of
the letter and its record, every byte of key, value and headers in base64, and as
text where it is UTF-8. To stdout, or to a file that does not exist yet.

It changes no outcome. That it was done, by whom and why, is kept with each letter,
once it is written. SIGINT ends after the page in hand, with exit code 5.`,
		Example: `  deductor deadletter export --all --state all --reason 'audit 2026' --file letters.jsonl
  deductor deadletter export --code invalid_json --reason 'INC-7' | jq -r .value`,
		RunE: func(cmd *cobra.Command, args []string) error { return e.run(cmd, args) },
	}
	e.database.Bind(cmd.Flags())
	e.filter.bind(cmd.Flags())
	e.filter.bindAll(cmd.Flags())
	e.filter.bindState(cmd.Flags())
	e.why.bind(cmd)
	cmd.Flags().StringVar(&e.file, "file", "", "write to this new `FILE` (default stdout)")
	return cmd
}

type exporter struct {
	database config.Database
	filter   letterFilter
	why      why
	file     string
}

func (e *exporter) run(cmd *cobra.Command, args []string) error {
	wanted, err := e.filter.choose(cmd, args)
	if err != nil {
		return err
	}
	handling, err := e.why.handling()
	if err != nil {
		return err
	}
	conn, err := openDatabase(cmd.Context(), &e.database)
	if err != nil {
		return err
	}
	defer pgclose.Conn(conn)
	if len(wanted.IDs) > 0 {
		_, err := settle.SelectDeadLetters(cmd.Context(), conn, wanted)
		if errors.Is(err, settle.ErrDeadLetterUnknown) {
			return refused(fmt.Errorf("%w: deductor deadletter list has them; nothing was exported", err))
		}
		if err != nil {
			return err
		}
	}
	counter := progress.NewCounter("exported", 0)
	run := &letters.Exporter{Conn: conn, Filter: wanted, Handling: handling, Progress: counter.Add}
	return e.write(cmd, run, counter)
}

// write sends the letters to stdout or to the file.
func (e *exporter) write(cmd *cobra.Command, run *letters.Exporter, counter *progress.Counter) (err error) {
	to, sync := cmd.OutOrStdout(), func() error { return nil }
	if e.file != "" {
		file, err := os.OpenFile(e.file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("export: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		to, sync = file, file.Sync
	}
	buffer := bufio.NewWriter(to)
	lines := json.NewEncoder(buffer)
	lines.SetEscapeHTML(false)
	run.Write = func(letter *settle.DeadLetterContent) error { return lines.Encode(viewContent(letter)) }
	run.Flush = func() error { return errors.Join(buffer.Flush(), sync()) }
	line := progress.Start(cmd.ErrOrStderr(), counter.Line)
	exported, err := run.Run(cmd.Context())
	line.Stop()
	switch {
	case errors.Is(err, letters.ErrInterrupted), err != nil && exported > 0:
		return partial(fmt.Errorf("%d dead letters were exported: %w", exported, err))
	case errors.Is(err, context.Canceled):
		return partial(err)
	}
	return err
}
