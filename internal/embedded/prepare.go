package embedded

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

const (
	postgresVersion = embeddedpostgres.V18
	superuser       = "postgres"
)

// A home holds what a server needs: the programs in pgsql, and in cluster a
// freshly made cluster that each server gets a copy of, with the superuser's
// password beside it. Copying takes a tenth of the time of initdb.
const (
	programsDir  = "pgsql"
	clusterDir   = "cluster"
	dataDir      = "data"
	passwordFile = "password"
)

// prepare returns the home in the cache, and makes it when there is none.
// It appears under its name when it is complete (a rename), and one process
// makes it while the others wait for the lock.
func prepare(ctx context.Context, cfg PostgresConfig) (home string, err error) {
	if err := provide(cfg.CacheDir); err != nil {
		return "", err
	}
	home = filepath.Join(cfg.CacheDir, fmt.Sprintf("%s-%s-%s", postgresVersion, runtime.GOOS, runtime.GOARCH))
	if exists(home) {
		return home, nil
	}
	return home, asServerUser(ctx, func() error {
		unlock, err := lock(ctx, filepath.Join(cfg.CacheDir, "lock"))
		if err != nil {
			return err
		}
		defer unlock()
		if exists(home) {
			return nil
		}
		return makeHome(cfg.CacheDir, home)
	})
}

// makeHome lets the library fetch Postgres, make a cluster and start it once.
func makeHome(cacheDir, home string) error {
	draft := home + ".draft"
	if err := os.RemoveAll(draft); err != nil { // of a process that was killed here
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	password := rand.Text()
	cluster, runtimeDir := filepath.Join(draft, clusterDir), filepath.Join(draft, "runtime")
	var log bytes.Buffer
	server := embeddedpostgres.NewDatabase(embeddedpostgres.DefaultConfig().
		Version(postgresVersion).
		CachePath(cacheDir).
		BinariesPath(filepath.Join(draft, programsDir)).
		RuntimePath(runtimeDir).
		DataPath(filepath.Join(cluster, dataDir)).
		Username(superuser).
		Password(password).
		Encoding("UTF8").
		Locale("C").
		Port(uint32(port)). //nolint:gosec // a port
		StartParameters(map[string]string{"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}).
		Logger(&log))
	// The library downloads with the default client, which keeps a connection
	// and its goroutines: a test that looks for leaks would find them.
	defer http.DefaultClient.CloseIdleConnections()
	if err := server.Start(); err != nil {
		return fmt.Errorf("%w\n%s", err, tail(log.Bytes()))
	}
	if err := server.Stop(); err != nil {
		return fmt.Errorf("stop the first server: %w\n%s", err, tail(log.Bytes()))
	}
	if err := os.WriteFile(filepath.Join(cluster, passwordFile), []byte(password), 0o600); err != nil {
		return err
	}
	if err := os.RemoveAll(runtimeDir); err != nil {
		return err
	}
	return os.Rename(draft, home)
}

// lock waits until this process alone holds the file at path, or ctx ends.
// The lock goes with the process (flock).
func lock(ctx context.Context, path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // in the cache
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, ctx.Err()), file.Close())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}
