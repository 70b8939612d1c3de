package main

import "github.com/spf13/cobra"

func newDedupe() *cobra.Command {
	return group(&cobra.Command{
		Use:   "dedupe",
		Short: "Look at the orders that are remembered, and forget old ones",
		Long: `Look at the orders that are remembered, and forget old ones.

Each order is remembered for ever, so that it is never paid again whenever it comes.
Where that takes too much room, orders from before a time can be pruned, once
nothing that Kafka still holds can bring them back.`,
		Example: "  deductor dedupe status\n" +
			"  deductor dedupe prune --before 2025-01-01T00:00:00Z --reason 'kept for a year'",
	}, newDedupeStatus(), newDedupePrune())
}
