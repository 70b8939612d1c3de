package main

import "github.com/spf13/cobra"

// commands make deductor's commands, in any order: help sorts them.
var commands = []func() *cobra.Command{
	newAccount,
	newAudit,
	newBench,
	newConfig,
	newConsole,
	newDeadletter,
	newDedupe,
	newDemo,
	newDoctor,
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

// each visits all commands.
func each(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, sub := range cmd.Commands() {
		each(sub, visit)
	}
}
