package main

import (
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deductor/internal/bench"
	"deductor/internal/config"
)

func newBench() *cobra.Command {
	var b bencher
	cmd := &cobra.Command{
		Use:   "bench (--embedded | --kafka-brokers HOST:PORT,… --database-url URL)",
		Short: "Measure payments a second, beside bare Postgres and what others would write",
		Long: `Measure workers on the Kafka and the Postgres that are given, or with --embedded on
those that need nothing installed, beside what Postgres does with the same rows and
nothing else, and beside a textbook service and one that works in batches. All of it
is measured in turns; the numbers are medians, with the least and the most. After
each run the ledger is audited: the exit code is 3 when it is wrong, and nothing is
reported.

Topics, groups and schemas are the benchmark's own; they are removed at the end, also
after an error or Ctrl-C. Nothing else should run on the machines meanwhile. Workers
are processes of this program, on this machine.

Parts: ` + strings.Join(bench.Parts(), ", ") + `.`,
		Example: `  deductor bench --embedded --commands 20000
  deductor bench --kafka-brokers localhost:9092 --database-url postgres://localhost/bench
  deductor bench --only floor,end_to_end --commands 1000000 -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.run(cmd) },
	}
	b.bind(cmd.Flags())
	return cmd
}

type bencher struct {
	cfg    bench.Config
	worker config.Worker
	out    output
}

func (b *bencher) bind(flags *pflag.FlagSet) {
	c := &b.cfg
	c.Kafka.BindBrokers(flags)
	c.Database.BindOptional(flags)
	flags.BoolVar(&c.Embedded, "embedded", false, "start a broker and a Postgres for it")
	flags.StringSliceVar(&c.Only, "only", nil, "measure these `PARTS` alone, separated by commas (default all)")
	flags.BoolVar(&c.Shapes, "shapes", false, "measure other shapes of the work, too; it takes long")
	flags.Int64Var(&c.DedupeRows, "dedupe-rows", 0,
		"`N` orders that are known beforehand in two of the shapes; 0 leaves it out")
	flags.IntVar(&c.Commands, "commands", 300_000, "`N` commands to fill a topic with")
	flags.IntVar(&c.Accounts, "accounts", 0, "`NUMBER` of accounts to debit (default a tenth of the commands)")
	flags.IntVar(&c.Partitions, "partitions", 8, "`NUMBER` of a topic's partitions")
	flags.IntVar(&c.Runs, "runs", 3, "`NUMBER` of times that each part is measured")
	flags.Uint64Var(&c.Seed, "seed", 0, "`NUMBER` that makes the same commands again (default another one each time)")
	flags.DurationVar(&c.LatencyDuration, "latency-duration", 20*time.Second, "`TIME` for which each rate is held")
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	b.worker.Bind(own)
	for _, name := range []string{"lanes", "batch-max"} {
		flags.AddFlag(own.Lookup(name))
	}
	b.out.bind(flags)
}

func (b *bencher) run(cmd *cobra.Command) error {
	c := &b.cfg
	c.Lanes, c.BatchMax = b.worker.Lanes, b.worker.BatchMax
	if err := c.Validate(); err != nil {
		return usage(err)
	}
	var err error
	if c.Executable, err = os.Executable(); err != nil {
		return err
	}
	// Workers find the brokers as this process does.
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if config.IsSetting(f) && strings.HasPrefix(f.Name, "kafka-") && f.Value.String() != f.DefValue {
			c.Settings = append(c.Settings, config.EnvName(f.Name)+"="+f.Value.String())
		}
	})
	c.Progress = cmd.ErrOrStderr()
	report, err := bench.Run(cmd.Context(), *c)
	var void *bench.VoidError
	switch {
	case errors.As(err, &void):
		return verificationFailed(err)
	case err != nil:
		return err
	}
	return b.out.write(cmd.OutOrStdout(), report, func(w io.Writer) error { return benchText(w, report) })
}
