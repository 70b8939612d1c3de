package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"deductor/consumer/settle"
	"deductor/internal/config"
	"deductor/internal/pgclose"
)

func newDeadletterList() *cobra.Command {
	var db config.Database
	var out output
	var most limit
	var filter letterFilter
	var after int64
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List dead letters",
		Long: `List dead letters, the oldest first, without their content: deadletter show has that.
Those that were requeued or discarded are left out, unless --state asks for them.`,
		Example: `  deductor deadletter list
  deductor deadletter list --code order_conflict --order ord-1 -o json
  deductor deadletter list --account alice --state all`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			wanted, err := filter.narrowed(cmd)
			if err != nil {
				return err
			}
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			wanted.Limit, wanted.After = int(most), max(wanted.After, after)
			letters, err := settle.DeadLetters(cmd.Context(), conn, wanted)
			if err != nil {
				return err
			}
			if err := out.write(cmd.OutOrStdout(), viewDeadLetters(letters), func(w io.Writer) error {
				return tableOfDeadLetters(w, letters)
			}); err != nil {
				return err
			}
			if len(letters) == int(most) {
				fmt.Fprintf(cmd.ErrOrStderr(), "there may be more: go on with --after %d\n", letters[len(letters)-1].ID)
			}
			return nil
		},
	}
	db.Bind(cmd.Flags())
	out.bind(cmd.Flags())
	most.bind(cmd.Flags(), 100, "most dead letters to list")
	filter.bind(cmd.Flags())
	filter.bindState(cmd.Flags())
	cmd.Flags().Int64Var(&after, "after", 0, "those whose ids are above `ID`: the page after it")
	return cmd
}
