package main

import "github.com/spf13/cobra"

// commands make deductor's commands, in any order: help sorts them.
var commands = []func() *cobra.Command{
	newAccount,
	newAudit,
	newBench,
	newConsole,
	newDeadletter,
	newDedupe,
	newDemo,
	newHealthcheck,
	newMigrate,
	newOrder,
	newPartition,
	newProduce,
	newReplay,
	newRun,
	newStatus,
	newVersion,
}
