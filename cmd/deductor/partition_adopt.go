package main

import (
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"deductor/consumer/settle"
	"deductor/internal/partitions"
)

func newPartitionAdopt() *cobra.Command {
	var m move
	var all bool
	var at string
	cmd := &cobra.Command{
		Use:   "adopt (--partition N | --all) [--at PLACE] --reason TEXT",
		Short: "Take up a topic that the database does not know",
		Long: `Take up a partition of which the database knows nothing although the group has
committed an offset, or one of a topic that was deleted and created again.

A place is committed (the group's offset), earliest (the log's start), latest (its
end) or an offset. By default it is committed for a partition that the database
knows nothing of, and earliest for a topic that was created again. Commands before
it are not paid by this database.

Without --execute it only says what it would do. Exit code 4 when it does not fit
what the log holds and the database knows.`,
		Example: `  deductor partition adopt --all --reason 'new database, the old one is archived'
  deductor partition adopt --partition 0 --at earliest --reason 'topic created again' --execute`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			where, err := partitions.ParsePlace(at)
			if err != nil {
				return usagef("--at: %w", err)
			}
			return m.look(cmd.Context(), func(conn *pgx.Conn, survey *partitions.Survey) error {
				which := []int32{m.partition}
				if all {
					which = survey.Adoptable()
				}
				plans, err := adoptions(survey, which, where)
				if err != nil {
					return refused(err)
				}
				return m.carryOut(cmd.Context(), cmd.OutOrStdout(), conn, plans)
			})
		},
	}
	m.bind(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "all partitions that wait to be adopted")
	cmd.Flags().StringVar(&at, "at", "", "`PLACE` to go on at: committed, earliest, latest or an offset")
	cmd.MarkFlagsOneRequired("partition", "all")
	cmd.MarkFlagsMutuallyExclusive("partition", "all")
	return cmd
}

var errNothingToAdopt = errors.New("no partition waits to be adopted")

func adoptions(survey *partitions.Survey, which []int32, at partitions.Place) ([]settle.Intervention, error) {
	if len(which) == 0 {
		return nil, errNothingToAdopt
	}
	plans := make([]settle.Intervention, len(which))
	for i, partition := range which {
		var err error
		if plans[i], err = survey.Adopt(partition, at); err != nil {
			return nil, err
		}
	}
	return plans, nil
}
