package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"deductor/consumer/settle"
	"deductor/internal/config"
)

func newDeadletterList() *cobra.Command {
	var db config.Database
	var out output
	var most limit
	var filter settle.DeadLetterFilter
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List dead letters",
		Long:  "List dead letters, the oldest first, without their content: deadletter show has that.",
		Example: `  deductor deadletter list
  deductor deadletter list --reason order_conflict --order ord-1 -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer closeDatabase(conn)
			filter.Limit = int(most)
			letters, err := settle.DeadLetters(cmd.Context(), conn, filter)
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
	cmd.Flags().StringVar(&filter.Reason, "reason", "", "list those with this reason `CODE`")
	cmd.Flags().StringVar(&filter.OrderID, "order", "", "list those with this order `ID`")
	cmd.Flags().Int64Var(&filter.After, "after", 0, "list those whose ids are above `ID`")
	return cmd
}
