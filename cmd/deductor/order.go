package main

import "github.com/spf13/cobra"

func newOrder() *cobra.Command {
	return group(&cobra.Command{
		Use:     "order",
		Short:   "Look at orders",
		Long:    "Show what became of an order: debited, declined, or set aside.",
		Example: "  deductor order show ord-1",
	}, newOrderShow())
}
