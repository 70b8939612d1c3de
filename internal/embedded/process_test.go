//go:build linux

package embedded

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

func TestPostgresGoesWithAKilledProcess(t *testing.T) {
	t.Parallel()
	cfg, err := PostgresConfig{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	c, err := startChild(cfg.CacheDir, func(*exec.Cmd) {})
	if err != nil {
		t.Fatal(err)
	}
	query(t, c.url, "SELECT 'up'")
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	eventually(t, "the server is gone", func() bool {
		conn, err := pgx.Connect(t.Context(), c.url)
		if err == nil {
			_ = conn.Close(t.Context())
		}
		return err != nil
	})
	eventually(t, "its directory is gone", func() bool { return !exists(filepath.Dir(c.dataDir)) })
}

// coldCache is a cache with the fetched archive alone, so that the network is
// left out.
func coldCache(t *testing.T) string {
	t.Helper()
	cfg, err := PostgresConfig{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := prepare(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	archives, err := filepath.Glob(filepath.Join(cfg.CacheDir, "*.txz"))
	if err != nil || len(archives) != 1 {
		t.Fatalf("archives %v, error %v", archives, err)
	}
	archive, err := os.ReadFile(archives[0])
	if err != nil {
		t.Fatal(err)
	}
	cache := reachableDir(t)
	copied := filepath.Join(cache, filepath.Base(archives[0]))
	if err := os.WriteFile(copied, archive, 0o644); err != nil { //nolint:gosec // another user reads it
		t.Fatal(err)
	}
	return cache
}

func TestProcessesShareAColdCache(t *testing.T) {
	t.Parallel()
	cache := coldCache(t)
	uid, gid, err := lookUp(unprivileged)
	if err != nil {
		t.Fatal(err)
	}
	var together errgroup.Group
	for range 2 {
		together.Go(func() error {
			c, err := startChild(cache, func(cmd *exec.Cmd) {
				cmd.Env = append(cmd.Env, "TMPDIR="+cache) // where the library leaves a log
				if isRoot() {                              // the other tests are root's
					cmd.SysProcAttr = &syscall.SysProcAttr{
						Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)},
					}
				}
			})
			if err != nil {
				return err
			}
			return c.end()
		})
	}
	if err := together.Wait(); err != nil {
		t.Error(err)
	}
}

func TestDirectoryClosedToTheServersUser(t *testing.T) {
	t.Parallel()
	cfg, err := PostgresConfig{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	c, err := startChild(cfg.CacheDir, func(cmd *exec.Cmd) { cmd.Dir = t.TempDir() })
	if err != nil {
		t.Fatal(err)
	}
	if err := c.end(); err != nil {
		t.Error(err)
	}
}
