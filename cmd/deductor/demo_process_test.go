package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/internal/pgclose"
)

// asProgram in the environment makes this test binary the program itself.
const asProgram = "RUN_AS_DEDUCTOR"

// init comes before the tests' own flags are parsed.
func init() {
	if os.Getenv(asProgram) != "" {
		main()
	}
}

// program is deductor as a process, with a directory of its own for temporary
// files.
type program struct {
	t              *testing.T
	cmd            *exec.Cmd
	dir            string
	stdout, stderr *safeBuffer
	ended          chan struct{}
}

func startDemo(t *testing.T, args ...string) *program {
	t.Helper()
	// The settings are another Deductor's, and not for the demo's workers.
	return startProgram(t, []string{"DEDUCTOR_KAFKA_TLS=true", "DEDUCTOR_LANES=0"}, append([]string{"demo"}, args...)...)
}

func startProgram(t *testing.T, env []string, args ...string) *program {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d := &program{
		t: t, dir: publicDir(t), stdout: &safeBuffer{}, stderr: &safeBuffer{}, ended: make(chan struct{}),
	}
	d.cmd = exec.Command(executable, args...)
	d.cmd.Env = slices.Concat(os.Environ(), []string{asProgram + "=1", "TMPDIR=" + d.dir}, env)
	d.cmd.Stdout, d.cmd.Stderr = d.stdout, d.stderr
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(d.ended)
		_ = d.cmd.Wait() // the exit code says it
	}()
	t.Cleanup(func() {
		_ = d.cmd.Process.Kill() // it has ended unless the test failed
		<-d.ended
	})
	return d
}

// publicDir is for temporary files of anybody: Postgres is not run by root.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "deductor-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	return dir
}

// await waits until it says a text.
func (d *program) await(text string) {
	d.t.Helper()
	eventually(d.t, func() string {
		select {
		case <-d.ended:
			d.t.Fatalf("it ended (%v) without %q:\n%s%s", d.cmd.ProcessState, text, d.stderr, d.stdout)
		default:
		}
		if !strings.Contains(d.stdout.String()+d.stderr.String(), text) {
			return fmt.Sprintf("it did not say %q:\n%s%s", text, d.stderr, d.stdout)
		}
		return ""
	})
}

func (d *program) signal(s os.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.t.Fatal(err)
	}
}

// expect waits for the end and checks the exit code, and what stderr has.
func (d *program) expect(t *testing.T, code int, said ...string) {
	t.Helper()
	eventually(t, func() string {
		select {
		case <-d.ended:
			return ""
		default:
			return "it runs:\n" + d.stderr.String()
		}
	})
	if got := d.cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("exit code %d, want %d; it said:\n%s%s", got, code, d.stderr, d.stdout)
	}
	for _, text := range said {
		if !strings.Contains(d.stderr.String(), text) {
			t.Errorf("stderr lacks %q:\n%s", text, d.stderr)
		}
	}
}

// expectGone checks that nothing is left of the demo.
func (d *program) expectGone() {
	d.t.Helper()
	d.expectWorkersGone()
	left, err := os.ReadDir(d.dir)
	if err != nil || len(left) > 0 {
		d.t.Errorf("left behind: %v (error %v)", left, err)
	}
}

var workerPID = regexp.MustCompile(`worker-\d \(pid (\d+)\)`)

func (d *program) expectWorkersGone() {
	d.t.Helper()
	for _, match := range workerPID.FindAllStringSubmatch(d.stderr.String(), -1) {
		pid, err := strconv.Atoi(match[1])
		if err != nil {
			d.t.Fatal(err)
		}
		eventually(d.t, func() string {
			if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
				return fmt.Sprintf("process %d is there (error %v)", pid, err)
			}
			return ""
		})
	}
}

// database connects to the demo's Postgres, whose password lies beside its data.
func (d *program) database() *pgx.Conn {
	d.t.Helper()
	port := regexp.MustCompile(`database at 127\.0\.0\.1:(\d+)`).FindStringSubmatch(d.stderr.String())
	files, err := filepath.Glob(filepath.Join(d.dir, "deductor-postgres-*", "password"))
	if err != nil || len(files) != 1 || port == nil {
		d.t.Fatalf("port %v, password files %v, error %v", port, files, err)
	}
	password, err := os.ReadFile(files[0])
	if err != nil {
		d.t.Fatal(err)
	}
	conn, err := pgx.Connect(d.t.Context(), fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%s/postgres", password, port[1]))
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { pgclose.Conn(conn) })
	return conn
}
