package main

import (
	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"deductor/consumer/settle"
	"deductor/internal/partitions"
)

func newPartitionSkip() *cobra.Command {
	var m move
	var to int64
	cmd := &cobra.Command{
		Use:   "skip --partition N [--to-offset O] --reason TEXT",
		Short: "Go on at another offset",
		Long: `Go on at another offset of the topic: past records that are lost or can't be
read, or back to some that are to be read again (what was paid is not paid twice).

Without --to-offset it is the log's start, for a partition whose next records
retention removed. Without --execute it only says what it would do. Exit code 4
when it does not fit what the log holds and the database knows.`,
		Example: `  deductor partition skip --partition 3 --reason 'retention was too short'
  deductor partition skip --partition 3 --to-offset 1200 --reason 'corrupt batch, INC-7' --execute`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return m.look(cmd.Context(), func(conn *pgx.Conn, survey *partitions.Survey) error {
				var at *int64
				if cmd.Flags().Changed("to-offset") {
					at = &to
				}
				plan, err := survey.Skip(m.partition, at)
				if err != nil {
					return refused(err)
				}
				return m.carryOut(cmd.Context(), cmd.OutOrStdout(), conn, []settle.Intervention{plan})
			})
		},
	}
	m.bind(cmd)
	cmd.Flags().Int64Var(&to, "to-offset", 0,
		"first offset `O` to read (default the log's start, when records before it are gone)")
	if err := cmd.MarkFlagRequired("partition"); err != nil {
		panic(err) // bind defines it
	}
	return cmd
}
