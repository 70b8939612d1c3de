package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// PostgresConfig says how to run a Postgres. The zero value is a durable
// server on a temporary directory.
type PostgresConfig struct {
	// DataDir keeps the cluster and its log from one start to the next. As
	// root it is given to the user nobody. Defaults to a temporary directory
	// that goes when the server stops.
	DataDir string

	// CacheDir holds Postgres' programs and a freshly made cluster, shared
	// by all processes. As root it is given to the user nobody, who must be
	// able to reach it. Defaults to /var/cache/deductor-postgres for root
	// and to deductor-postgres in [os.UserCacheDir] for others.
	CacheDir string

	// Volatile gives up surviving a crash of the machine for speed (fsync
	// and full_page_writes off). synchronous_commit stays as it is. Defaults
	// to false.
	Volatile bool

	// Settings are further server settings by name, such as
	// synchronous_commit; they win over Volatile's. Where the server listens
	// is not for them to say. Defaults to none.
	Settings map[string]string

	// StartTimeout bounds StartPostgres, the first fetch (15 MB) included.
	// Defaults to 3 minutes.
	StartTimeout time.Duration
}

// stopTimeout bounds Stop: a fast shutdown ends the sessions and writes one
// checkpoint.
const stopTimeout = 30 * time.Second

// portAttempts bounds how often another process may take the port between our
// finding it free and Postgres binding it.
const portAttempts = 5

// Postgres is a running server.
type Postgres struct {
	port     int
	password string
	dataDir  string

	stop    func() error  // asks the server to shut down; nil error when it had gone
	exited  chan struct{} // closed when the server and its supervisor are gone
	exit    error         // how the supervisor ended; read after exited
	process *os.Process
	once    sync.Once
	stopErr error
}

// StartPostgres starts a server and returns when it takes connections. It
// stops when [Postgres.Stop] is called, or by itself when this process ends,
// however that happens. As root it is run as the user nobody (on Linux; other
// systems need another user than root).
//
// The error is a [*StartError] when the server was run and did not come up.
// Whatever ctx or StartTimeout cut short is no longer running, save for a
// fetch that goes on until it is done.
func StartPostgres(ctx context.Context, cfg PostgresConfig) (*Postgres, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.StartTimeout)
	defer cancel()
	home, err := prepare(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("embedded Postgres: prepare %s: %w", cfg.CacheDir, err)
	}
	for attempt := 1; ; attempt++ {
		port, err := freePort()
		if err != nil {
			return nil, fmt.Errorf("embedded Postgres: find a free port: %w", err)
		}
		p, err := launch(ctx, cfg, home, port)
		var failed *StartError
		if attempt < portAttempts && errors.As(err, &failed) && failed.portTaken() {
			continue
		}
		return p, err
	}
}

func (cfg PostgresConfig) withDefaults() (PostgresConfig, error) {
	if cfg.StartTimeout == 0 {
		cfg.StartTimeout = 3 * time.Minute
	}
	if cfg.CacheDir == "" {
		parent := "/var/cache"
		if !isRoot() {
			var err error
			if parent, err = os.UserCacheDir(); err != nil {
				return cfg, fmt.Errorf("embedded Postgres: nowhere to keep its programs: %w", err)
			}
		}
		cfg.CacheDir = filepath.Join(parent, "deductor-postgres")
	}
	var err error
	if cfg.CacheDir, err = filepath.Abs(cfg.CacheDir); err == nil && cfg.DataDir != "" {
		cfg.DataDir, err = filepath.Abs(cfg.DataDir)
	}
	return cfg, err
}

// URL is how the superuser connects to the database "postgres".
func (p *Postgres) URL() string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, p.password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)),
		Path:     "/postgres",
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Stop ends all sessions, shuts the server down and returns when it is gone.
// Its temporary directory goes with it. Further calls return the same.
func (p *Postgres) Stop() error {
	p.once.Do(func() { p.stopErr = p.shutdown() })
	return p.stopErr
}

func (p *Postgres) shutdown() error {
	if err := p.stop(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("embedded Postgres: stop: %w", err)
	}
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-timer.C:
		err := syscall.Kill(-p.process.Pid, syscall.SIGKILL)
		return errors.Join(fmt.Errorf("embedded Postgres: killed, it did not stop within %v", stopTimeout), err)
	}
	var status *exec.ExitError
	if errors.As(p.exit, &status) {
		return fmt.Errorf("embedded Postgres: it ended with %w", p.exit)
	}
	return p.exit
}
