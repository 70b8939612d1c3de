package main

import (
	"context"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"deductor/consumer"
	"deductor/internal/admin"
	"deductor/internal/config"
	"deductor/internal/progress"
)

func newRun() *cobra.Command {
	var r runner
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run a worker",
		Long: `Run a worker of the consumer group, until SIGTERM or SIGINT: it then finishes what
it has in hand, commits its offsets and leaves the group.

Brokers and a database that can't be reached are tried again for as long as it
takes. A schema that doesn't fit, a topic, database or password that is wrong end
it with exit code 1.

The admin address answers GET /livez (the process is alive) and GET /readyz (it
can do its work; ?verbose for details), and serves the web console under /console/: on a
loopback address to those on this host, on others to those who sign in.`,
		Example: `  deductor run
  deductor run --instance worker-1 --admin-addr 127.0.0.1:8322 --log-format text`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := r.log.Logger(cmd.ErrOrStderr(), progress.IsTerminal(cmd.ErrOrStderr()))
			return r.run(cmd.Context(), log)
		},
	}
	r.kafka.Bind(cmd.Flags())
	r.group.Bind(cmd.Flags())
	r.database.Bind(cmd.Flags())
	r.admin.Bind(cmd.Flags())
	r.console.BindEnabled(cmd.Flags())
	r.console.Bind(cmd.Flags())
	r.worker.Bind(cmd.Flags())
	r.log.Bind(cmd.Flags())
	return cmd
}

type runner struct {
	kafka    config.Kafka
	group    config.Group
	database config.Database
	admin    config.Admin
	console  config.Console
	worker   config.Worker
	log      config.Log
}

func (r *runner) run(ctx context.Context, log *slog.Logger) error {
	poolConfig, err := r.database.PoolConfig()
	if err != nil {
		return usage(err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, poolConfig)
	if err != nil {
		return err
	}
	defer closePool(pool)
	worker, owner, err := r.newWorker(pool, log)
	if err != nil {
		return usage(err)
	}
	start := newStartup(worker)
	options := admin.Options{Checks: start.checks}
	var page *consolePage
	if r.console.Enabled {
		page, err = openConsole(ctx, r.console, r.admin, &r.kafka, r.group, &r.database, log)
		if err != nil {
			return err
		}
		defer page.close()
		options.Routes = page.routes()
	}
	server, err := admin.Listen(r.admin.Addr, options)
	if err != nil {
		return err
	}
	log.Info("worker starts", "version", version(), "instance", owner, "topic", r.kafka.Topic,
		"group", r.group.Name, "admin_addr", server.Addr())
	if page != nil {
		page.announce(log, server.Addr())
	}

	// The admin server answers to the very end, so that a worker that drains is
	// seen to do so.
	var tasks errgroup.Group
	serving, stopServing := context.WithCancel(context.WithoutCancel(ctx))
	working, stopWorking := context.WithCancel(ctx)
	tasks.Go(func() error {
		defer stopWorking()
		return server.Serve(serving)
	})
	if page != nil {
		tasks.Go(func() error { return page.Run(serving) })
	}
	tasks.Go(func() error {
		defer stopServing()
		if err := start.awaitDatabase(working, pool, log); err != nil {
			return err
		}
		return worker.Run(working)
	})
	if err := tasks.Wait(); err != nil {
		return err
	}
	log.Info("worker stopped", "instance", owner)
	return nil
}

func (r *runner) newWorker(pool *pgxpool.Pool, log *slog.Logger) (*consumer.Worker, string, error) {
	if err := r.worker.Validate(); err != nil {
		return nil, "", err
	}
	encryption, mechanism, err := r.kafka.Security()
	if err != nil {
		return nil, "", err
	}
	owner, err := r.worker.Owner()
	if err != nil {
		return nil, "", err
	}
	worker, err := consumer.New(consumer.Config{
		Brokers:        r.kafka.Brokers,
		TLS:            encryption,
		SASL:           mechanism,
		Topic:          r.kafka.Topic,
		Group:          r.group.Name,
		Owner:          owner,
		Database:       pool,
		Lanes:          r.worker.Lanes,
		BatchMax:       r.worker.BatchMax,
		Quarantine:     r.worker.Quarantine,
		SessionTimeout: r.worker.SessionTimeout,
		Logger:         log,
	})
	return worker, owner, err
}
