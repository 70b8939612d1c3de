package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"deductor/internal/demo"
)

func newDemo() *cobra.Command {
	var cfg demo.Config
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch orders being debited once while a worker is killed",
		Long: `Start a Kafka broker inside this process and a Postgres of its own, and send orders
to two worker processes: some of them twice, some with two different amounts, some
that can't be paid, and one message that is cut short. Midway a worker is killed with
SIGKILL and another started. At the end the database is compared with what was sent;
the exit code is 3 when a number is wrong.

It needs nothing that is installed: Postgres is fetched the first time (15 MB) and
kept in a cache. What was started is gone at the end; --keep leaves it running
until Ctrl-C and says how to look further.`,
		Example: "  deductor demo\n  deductor demo --orders 100000 --duplicates 50000 --workers 4 --keep",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cfg.Validate(); err != nil {
				return usage(err)
			}
			var err error
			if cfg.Executable, err = os.Executable(); err != nil {
				return err
			}
			cfg.Name = invocation(cfg.Executable)
			cfg.Stdout, cfg.Stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
			err = demo.Run(cmd.Context(), cfg)
			if errors.As(err, new(*demo.WrongError)) {
				return verificationFailed(err)
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&cfg.Orders, "orders", 10_000, "`NUMBER` of different orders")
	flags.IntVar(&cfg.Duplicates, "duplicates", 2500, "`NUMBER` of records that repeat another")
	flags.Uint64Var(&cfg.Seed, "seed", 0, "`NUMBER` that makes the same orders again (default another one each time)")
	flags.IntVar(&cfg.Workers, "workers", 2, "`NUMBER` of worker processes, 2 to 8")
	flags.BoolVar(&cfg.Keep, "keep", false, "leave everything running until Ctrl-C, and say how to look further")
	return cmd
}

// invocation is how this program is run again: go run removes what it built.
func invocation(executable string) string {
	if strings.Contains(executable, string(filepath.Separator)+"go-build") {
		return "go run ./cmd/deductor"
	}
	return os.Args[0]
}
