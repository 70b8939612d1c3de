package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"deductor/consumer"
	"deductor/internal/admin"
	"deductor/internal/config"
	"deductor/internal/console"
	"deductor/internal/progress"
)

func newConsole() *cobra.Command {
	var s consoleServer
	cmd := &cobra.Command{
		Use:   "console",
		Short: "Serve the web console without a worker",
		Long: `Serve the web console of the workers' topic, group and database under /console/ of the
admin address, until SIGTERM or SIGINT. Each worker serves the same; this one needs
none of them to run, and never reads a payment.

On a loopback address it is open to those on this host. On others it wants a token,
or a user and password, and answers 403 without. It only reads, unless --console-write
lets operators requeue and discard dead letters.`,
		Example: `  deductor console
  deductor console --admin-addr 127.0.0.1:8400 --console-write
  DEDUCTOR_CONSOLE_TOKEN_FILE=/run/secrets/console deductor console --admin-addr :8400`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.serve(cmd.Context(), s.log.Logger(cmd.ErrOrStderr(), progress.IsTerminal(cmd.ErrOrStderr())))
		},
	}
	s.kafka.Bind(cmd.Flags())
	s.group.Bind(cmd.Flags())
	s.database.Bind(cmd.Flags())
	s.admin.Bind(cmd.Flags())
	s.console.Bind(cmd.Flags())
	s.log.Bind(cmd.Flags())
	return cmd
}

type consoleServer struct {
	kafka    config.Kafka
	group    config.Group
	database config.Database
	admin    config.Admin
	console  config.Console
	log      config.Log
}

func (s *consoleServer) serve(ctx context.Context, log *slog.Logger) error {
	if err := s.admin.Validate(); err != nil {
		return usage(err)
	}
	page, err := openConsole(ctx, s.console, s.admin, &s.kafka, s.group, &s.database, log)
	if err != nil {
		return err
	}
	defer page.close()
	server, err := admin.Listen(s.admin.Addr, admin.Options{Checks: page.checks, Routes: page.routes()})
	if err != nil {
		return err
	}
	page.announce(log, server.Addr())
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.Go(func() error { return server.Serve(ctx) })
	tasks.Go(func() error { return page.run(ctx) })
	return tasks.Wait()
}

// consolePage is a console with what it needs.
type consolePage struct {
	console *console.Console // nil when none is wanted
	pool    *pgxpool.Pool
	access  console.Access
	close   func()
}

// openConsole makes a console, which connects when somebody looks.
func openConsole(
	ctx context.Context, settings config.Console, address config.Admin, kafka *config.Kafka, group config.Group,
	database *config.Database, log *slog.Logger,
) (consolePage, error) {
	if err := settings.Validate(); err != nil {
		return consolePage{}, usage(err)
	}
	poolConfig, err := settings.PoolConfig(database)
	if err != nil {
		return consolePage{}, usage(err)
	}
	poolConfig.MinConns, poolConfig.MaxConns = 0, console.MaxConnections
	poolConfig.ConnConfig.RuntimeParams["application_name"] = "deductor console"
	cluster, err := kafka.Cluster()
	if err != nil {
		return consolePage{}, usage(err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, poolConfig)
	if err != nil {
		return consolePage{}, err
	}
	access := console.Access{
		Addr: address.Addr, Token: settings.Token, User: settings.User, Password: settings.Password,
	}
	page := console.New(console.Config{
		Pool: pool,
		Connect: func(ctx context.Context) (*pgx.Conn, error) {
			return pgx.ConnectConfig(ctx, poolConfig.ConnConfig.Copy())
		},
		Cluster: cluster,
		Topic:   kafka.Topic,
		Group:   group.Name,
		Write:   settings.Write,
		Access:  access,
		Version: version(),
		Logger:  log,
	})
	return consolePage{page, pool, access, func() {
		closePool(pool)
		cluster.Close()
	}}, nil
}

// noConsole serves nothing.
func noConsole() consolePage { return consolePage{close: func() {}} }

// run watches what the pages show, until ctx ends.
func (p consolePage) run(ctx context.Context) error {
	if p.console == nil {
		return nil
	}
	return p.console.Run(ctx)
}

// routes are the console's below an admin server's.
func (p consolePage) routes() map[string]http.Handler {
	if p.console == nil {
		return map[string]http.Handler{}
	}
	return map[string]http.Handler{
		console.Prefix + "/": p.console.Handler(),
		"GET /{$}":           http.RedirectHandler(console.Prefix+"/", http.StatusFound),
	}
}

// announce says where the console is, or why there is none.
func (p consolePage) announce(log *slog.Logger, addr string) {
	if p.console == nil {
		return
	}
	if p.access.Served() {
		log.Info("console", "url", "http://"+addr+console.Prefix+"/", "sign_in", p.access.SignIn())
		return
	}
	log.Warn("the console answers 403: others than this host reach the admin address, and nobody would have to sign in",
		"admin_addr", addr, "give", config.EnvFileName("console-token"))
}

// checks tell whether pages can be read.
func (p consolePage) checks() []consumer.Check {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return []consumer.Check{{Name: "database", Err: p.pool.Ping(ctx)}}
}
