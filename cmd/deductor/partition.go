package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"deductor/internal/config"
	"deductor/internal/partitions"
	"deductor/internal/pgclose"
)

func newPartition() *cobra.Command {
	return group(&cobra.Command{
		Use:   "partition",
		Short: "Look at partitions, and move on those that halted",
		Long: `Look at the topic's partitions, and move on those that halted.

A partition halts when going on could lose or repeat a payment: its next records
are gone from the log, the log was cut, the topic was created again, or the
database is not the one that the group's offsets belong to. Its neighbours go on.
What to do about it is for an operator to say; who, when and why is kept.`,
		Example: `  deductor partition list
  deductor partition skip --partition 3 --reason 'retention was too short'`,
	}, newPartitionList(), newPartitionSkip(), newPartitionAdopt())
}

// place is where partitions are looked at: a topic, a group and a database.
type place struct {
	kafka    config.Kafka
	group    config.Group
	database config.Database
}

func (p *place) bind(cmd *cobra.Command) {
	p.kafka.Bind(cmd.Flags())
	p.group.Bind(cmd.Flags())
	p.database.Bind(cmd.Flags())
}

// lookTimeout bounds how long brokers are asked.
const lookTimeout = 15 * time.Second

// look connects to the database, finds out where the partitions stand, and
// hands both over.
func (p *place) look(ctx context.Context, use func(*pgx.Conn, *partitions.Survey) error) error {
	cluster, err := p.kafka.Cluster()
	if err != nil {
		return usage(err)
	}
	defer cluster.Close()
	conn, err := openDatabase(ctx, &p.database)
	if err != nil {
		return err
	}
	defer pgclose.Conn(conn)
	looking, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	survey, err := partitions.Look(looking, cluster, conn, p.group.Name)
	if err != nil {
		return err
	}
	return use(conn, survey)
}
