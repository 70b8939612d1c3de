package main

import (
	"context"
	"log/slog"
	"os"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"deductor/consumer"
	"deductor/internal/admin"
	"deductor/internal/config"
	"deductor/internal/metrics"
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

The admin address answers GET /livez (the process is alive), GET /readyz (it can do
its work; ?verbose for details) and GET /metrics (for Prometheus), and serves the web
console under /console/: on a loopback address to those on this host, on others to those
who sign in. With --pprof it also serves profiles:
go tool pprof http://127.0.0.1:8321/debug/pprof/profile

OpenTelemetry traces are sent by OTLP over HTTP when OpenTelemetry's own variables ask
for it: OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318. A batch is a span, with links
to the senders of its messages (header traceparent).`,
		Example: `  deductor run
  deductor run --instance worker-1 --admin-addr 127.0.0.1:8322 --log-format text`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			tuneCollector(os.LookupEnv)
			log := r.log.Logger(cmd.ErrOrStderr(), progress.IsTerminal(cmd.ErrOrStderr()))
			return r.run(cmd.Context(), log)
		},
	}
	r.kafka.Bind(cmd.Flags())
	r.group.Bind(cmd.Flags())
	r.database.Bind(cmd.Flags())
	r.admin.Bind(cmd.Flags())
	r.admin.BindServed(cmd.Flags())
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
	if err := r.admin.Validate(); err != nil {
		return usage(err)
	}
	poolConfig, err := r.database.PoolConfig()
	if err != nil {
		return usage(err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, poolConfig)
	if err != nil {
		return err
	}
	defer closePool(pool)
	owner, err := r.worker.Owner()
	if err != nil {
		return usage(err)
	}
	traces, err := startTraces(ctx, owner, log)
	if err != nil {
		return err
	}
	defer traces.Stop()
	measured := metrics.New(metrics.Config{
		Group: r.group.Name, Topic: r.kafka.Topic, Version: version(), Pool: pool, Logger: log})
	worker, err := r.newWorker(consumer.Config{
		Owner: owner, Database: pool, Logger: log, Observer: measured.Observer(), Tracer: traces.Tracer()})
	if err != nil {
		return usage(err)
	}
	start := newStartup(worker)
	measured.Watch(worker.State, start.checks)
	page, err := r.openConsole(ctx, log)
	if err != nil {
		return err
	}
	defer page.close()
	routes := page.routes()
	routes["GET /metrics"] = measured.Handler()
	server, err := admin.Listen(r.admin.Addr, admin.Options{Checks: start.checks, Pprof: r.admin.Pprof, Routes: routes})
	if err != nil {
		return err
	}
	log.Info("worker starts", "version", version(), "instance", owner, "topic", r.kafka.Topic,
		"group", r.group.Name, "admin_addr", server.Addr())
	page.announce(log, server.Addr())
	if err := r.serve(ctx, server, page, func(ctx context.Context) error {
		if err := start.awaitDatabase(ctx, pool, log); err != nil {
			return err
		}
		return runBeside(ctx, measured.Run, worker.Run)
	}); err != nil {
		return err
	}
	log.Info("worker stopped", "instance", owner)
	return nil
}

// openConsole makes the console, unless it is not wanted.
func (r *runner) openConsole(ctx context.Context, log *slog.Logger) (consolePage, error) {
	if !r.console.Enabled {
		return noConsole(), nil
	}
	return openConsole(ctx, r.console, r.admin, &r.kafka, r.group, &r.database, log)
}

// serve answers operators while work is done, and to its very end, so that a
// worker that drains is seen to do so.
func (r *runner) serve(
	ctx context.Context, server *admin.Server, page consolePage, work func(context.Context) error,
) error {
	var tasks errgroup.Group
	serving, stopServing := context.WithCancel(context.WithoutCancel(ctx))
	working, stopWorking := context.WithCancel(ctx)
	tasks.Go(func() error {
		defer stopWorking()
		return server.Serve(serving)
	})
	tasks.Go(func() error { return page.run(serving) })
	tasks.Go(func() error {
		defer stopServing()
		return work(working)
	})
	return tasks.Wait()
}

// runBeside does the work, and the other thing until the work ends.
func runBeside(ctx context.Context, beside func(context.Context), work func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { beside(ctx) })
	defer running.Wait()
	defer stop()
	return work(ctx)
}

// newWorker adds the settings to what the configuration holds.
func (r *runner) newWorker(config consumer.Config) (*consumer.Worker, error) {
	if err := r.worker.Validate(); err != nil {
		return nil, err
	}
	encryption, mechanism, err := r.kafka.Security()
	if err != nil {
		return nil, err
	}
	config.Brokers, config.TLS, config.SASL = r.kafka.Brokers, encryption, mechanism
	config.Topic, config.Group = r.kafka.Topic, r.group.Name
	config.Lanes, config.BatchMax = r.worker.Lanes, r.worker.BatchMax
	config.Quarantine = r.worker.Quarantine
	config.SessionTimeout = r.worker.SessionTimeout
	return consumer.New(config)
}
