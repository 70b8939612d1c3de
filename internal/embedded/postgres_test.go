package embedded

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func start(t *testing.T, cfg PostgresConfig) *Postgres {
	t.Helper()
	p, err := StartPostgres(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// query returns the one text that sql gives.
func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	var text string
	if err := conn.QueryRow(t.Context(), sql).Scan(&text); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return text
}

// eventually polls until holds does, for ten seconds at most.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// reachableDir is a temporary directory that every user can enter;
// testing.T.TempDir's are for the own user alone.
func reachableDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "deductor-test-")
	if err == nil {
		err = os.Chmod(dir, 0o777) //nolint:gosec // that is the purpose
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestPostgresSettings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		cfg  PostgresConfig
		want string
	}{
		{"durable by default", PostgresConfig{}, "fsync on, full_page_writes on, synchronous_commit on"},
		{"volatile", PostgresConfig{Volatile: true}, "fsync off, full_page_writes off, synchronous_commit on"},
		{"settings win", PostgresConfig{Volatile: true, Settings: map[string]string{
			"synchronous_commit": "off", "full_page_writes": "on", "port": "1",
		}}, "fsync off, full_page_writes on, synchronous_commit off"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, tc.cfg)
			got := query(t, p.URL(), `SELECT string_agg(name || ' ' || setting, ', ' ORDER BY name) FROM pg_settings
				WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')`)
			if got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if version := query(t, p.URL(), "SHOW server_version"); !strings.HasPrefix(version, "18.") {
				t.Errorf("version %s, want 18", version)
			}
			if addresses := query(t, p.URL(), "SHOW listen_addresses"); addresses != "127.0.0.1" {
				t.Errorf("listens on %s", addresses)
			}
		})
	}
}

func TestPostgresIsNotRoot(t *testing.T) {
	t.Parallel()
	if !isRoot() {
		t.Skip("this process is not root: there is no other user to be")
	}
	p := start(t, PostgresConfig{Volatile: true})
	info, err := os.Stat(p.dataDir)
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	nobody, err := user.LookupId(strconv.Itoa(int(owner.Uid)))
	if err != nil || nobody.Username != "nobody" || nobody.Gid != strconv.Itoa(int(owner.Gid)) {
		t.Errorf("data directory is of user %d, group %d (error %v)", owner.Uid, owner.Gid, err)
	}
}

func TestStopLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", reachableDir(t))
	p := start(t, PostgresConfig{Volatile: true})
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.Connect(t.Context(), p.URL()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("connected after Stop, or failed otherwise: %v", err)
	}
	expectEmpty(t, os.Getenv("TMPDIR"))
	if err := p.Stop(); err != nil {
		t.Errorf("a second Stop: %v", err)
	}
}

func expectEmpty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("%s holds %v (error %v), want nothing", dir, left, err)
	}
}

func TestDataDirIsKept(t *testing.T) {
	t.Parallel()
	cfg := PostgresConfig{Volatile: true, DataDir: reachableDir(t) + "/kept"}
	first := start(t, cfg)
	query(t, first.URL(), "SELECT lo_from_bytea(1234, 'kept')::text")
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	again := start(t, cfg)
	if kept := query(t, again.URL(), "SELECT convert_from(lo_get(1234), 'UTF8')"); kept != "kept" {
		t.Errorf("got %q back", kept)
	}
}

func TestStartErrorShowsTheLog(t *testing.T) {
	t.Setenv("TMPDIR", reachableDir(t))
	_, err := StartPostgres(t.Context(), PostgresConfig{Settings: map[string]string{"work_mem": "plenty"}})
	var failed *StartError
	if !errors.As(err, &failed) || !errors.Is(err, errEnded) || !strings.Contains(err.Error(), `"work_mem": "plenty"`) {
		t.Errorf("got %v, want a StartError with the server's complaint", err)
	}
	expectEmpty(t, os.Getenv("TMPDIR"))
}

func TestStartTimeout(t *testing.T) {
	t.Setenv("TMPDIR", reachableDir(t))
	// With the cache filled, the time runs out in the server's own start, when
	// it does not mind signals yet.
	if err := start(t, PostgresConfig{}).Stop(); err != nil {
		t.Fatal(err)
	}
	_, err := StartPostgres(t.Context(), PostgresConfig{StartTimeout: time.Millisecond})
	var failed *StartError
	if !errors.As(err, &failed) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want a StartError because the time was up", err)
	}
	expectEmpty(t, os.Getenv("TMPDIR"))
}

func TestSupervisorEndsAServerThatMindsNoInterrupt(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("/bin/sh", "-c", supervise, "supervise", "", "sleep", "60")
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // how it ended is a matter of taste
	}()
	if err := lifeline.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("it still runs")
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		<-ended
	}
}

func TestServerIsOutOfTheTerminalsGroup(t *testing.T) {
	t.Parallel()
	p := start(t, PostgresConfig{Volatile: true})
	group, err := syscall.Getpgid(p.process.Pid)
	if err != nil || group == syscall.Getpgrp() {
		t.Errorf("an interrupt at the terminal would stop the server: group %d (error %v)", group, err)
	}
}

func TestPortTaken(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	cfg, err := PostgresConfig{Volatile: true}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	home, err := prepare(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, err = launch(t.Context(), cfg, home, listener.Addr().(*net.TCPAddr).Port)
	var failed *StartError
	if !errors.As(err, &failed) || !failed.portTaken() {
		t.Errorf("got %v, want a StartError that says the port is taken", err)
	}
}

func TestProbeKnowsItsOwnServer(t *testing.T) {
	t.Parallel()
	p := start(t, PostgresConfig{Volatile: true})
	impostor := &Postgres{port: p.port, password: p.password, dataDir: "/elsewhere/data"}
	if err := impostor.probe(t.Context()); err == nil {
		t.Error("took another server on its port for its own")
	}
}
