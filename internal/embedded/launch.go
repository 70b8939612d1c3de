package embedded

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed supervise.sh
var supervise string

// launch copies the home's cluster, unless DataDir has one, starts a server on
// it and waits until it takes connections.
func launch(ctx context.Context, cfg PostgresConfig, home string, port int) (*Postgres, error) {
	if cfg.DataDir != "" {
		if err := provide(cfg.DataDir); err != nil {
			return nil, fmt.Errorf("embedded Postgres: data directory: %w", err)
		}
	}
	p := &Postgres{port: port, exited: make(chan struct{})}
	var log *os.File
	err := asServerUser(context.WithoutCancel(ctx), func() (err error) {
		log, err = p.start(cfg, home)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("embedded Postgres: start: %w", err)
	}
	defer func() { _ = log.Close() }()
	if err := p.awaitReady(ctx); err != nil {
		_ = p.Stop() // what matters is why it did not start
		return nil, &StartError{Log: readTail(log), Err: err}
	}
	return p, nil
}

// start runs the server under its supervisor and returns its log, to be
// closed by the caller; the file stays readable when its directory is gone.
func (p *Postgres) start(cfg PostgresConfig, home string) (*os.File, error) {
	dir, temporary := cfg.DataDir, ""
	if dir == "" {
		made, err := os.MkdirTemp("", "deductor-postgres-")
		if err != nil {
			return nil, err
		}
		dir, temporary = made, made
	}
	log, err := p.startIn(dir, temporary, cfg, home)
	if err != nil && temporary != "" {
		return nil, errors.Join(err, os.RemoveAll(temporary))
	}
	return log, err
}

func (p *Postgres) startIn(dir, temporary string, cfg PostgresConfig, home string) (*os.File, error) {
	p.dataDir = filepath.Join(dir, dataDir)
	if err := copyCluster(filepath.Join(home, clusterDir), dir); err != nil {
		return nil, fmt.Errorf("copy the cluster: %w", err)
	}
	password, err := os.ReadFile(filepath.Join(dir, passwordFile)) //nolint:gosec // the caller's own directory
	if err != nil {
		return nil, err
	}
	p.password = string(password)
	path := filepath.Join(dir, "server.log")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600) //nolint:gosec // the caller's own directory
	if err != nil {
		return nil, err
	}
	args := []string{"-c", supervise, "supervise", temporary, filepath.Join(home, programsDir, "bin", "postgres")}
	cmd := exec.Command("/bin/sh", append(args, p.arguments(cfg)...)...) //nolint:gosec // spliced into no command
	cmd.Stdout, cmd.Stderr = log, log
	// A terminal's interrupt goes to its foreground group: the server must
	// outlive the programs that still talk to it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	lifeline, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	p.stop, p.process = lifeline.Close, cmd.Process
	go func() {
		p.exit = cmd.Wait()
		close(p.exited)
	}()
	return log, nil
}

func (p *Postgres) arguments(cfg PostgresConfig) []string {
	settings := map[string]string{}
	if cfg.Volatile {
		settings["fsync"] = "off"
		settings["full_page_writes"] = "off"
	}
	maps.Copy(settings, cfg.Settings)
	settings["listen_addresses"] = "127.0.0.1"
	settings["port"] = strconv.Itoa(p.port)
	settings["unix_socket_directories"] = "" // the default one belongs to another user
	args := []string{"-D", p.dataDir}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

// copyCluster makes dir's cluster unless it has one. The data appears under
// its name when it is complete.
func copyCluster(from, dir string) error {
	data := filepath.Join(dir, dataDir)
	if exists(data) {
		return nil
	}
	draft := filepath.Join(dir, "draft")
	if err := os.RemoveAll(draft); err != nil { // of a process that was killed here
		return err
	}
	if err := os.CopyFS(draft, os.DirFS(from)); err != nil {
		return err
	}
	if err := os.Chmod(filepath.Join(draft, dataDir), 0o700); err != nil { //nolint:gosec // what Postgres insists on
		return err
	}
	// The password first: data without it would be of no use.
	if err := os.Rename(filepath.Join(draft, passwordFile), filepath.Join(dir, passwordFile)); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(draft, dataDir), data); err != nil {
		return err
	}
	return os.Remove(draft)
}

// awaitReady returns when this very server answers: another one may have been
// faster to take the port, or something that never answers.
func (p *Postgres) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-p.exited:
			cancel(errEnded)
		case <-ctx.Done():
		}
	}()
	for {
		err := p.probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; last try to connect: %w", context.Cause(ctx), err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (p *Postgres) probe(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, p.URL())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	var serves string
	if err := conn.QueryRow(ctx, "SELECT current_setting('data_directory')").Scan(&serves); err != nil {
		return err
	}
	if serves != p.dataDir {
		return fmt.Errorf("port %d is another server's, of %s", p.port, serves)
	}
	return nil
}
