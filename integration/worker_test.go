package integration

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// worker is a process of deductor run.
type worker struct {
	t      *testing.T
	cmd    *exec.Cmd
	admin  string // its admin address
	output *output
	exited chan struct{} // closed when it has ended
}

// sessionTimeout is after how long the group takes a worker for dead: short, so
// that tests need not wait long for it.
const sessionTimeout = "4s"

// output collects what a process prints, while it prints it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// startWorker starts a worker under the worker's role. It is killed at the end
// of the test, and what it said is shown if the test failed.
func (e *env) startWorker(flags ...string) *worker {
	e.t.Helper()
	return e.startWorkerAs(e.workerURL(), flags...)
}

func (e *env) startWorkerAs(databaseURL string, flags ...string) *worker {
	e.t.Helper()
	return e.startProcess(suite.binary, databaseURL, nil, flags...)
}

// startProcess starts a worker of some build, with more in its environment.
func (e *env) startProcess(binary, databaseURL string, environment []string, flags ...string) *worker {
	e.t.Helper()
	admin, err := freeAddr()
	if err != nil {
		e.t.Fatal(err)
	}
	w := &worker{t: e.t, admin: admin, output: &output{}, exited: make(chan struct{})}
	w.cmd = exec.Command(binary, append([]string{"run"}, flags...)...)
	w.cmd.Env = append(append(e.environment(databaseURL), environment...),
		"DEDUCTOR_ADMIN_ADDR="+admin, "DEDUCTOR_SESSION_TIMEOUT="+sessionTimeout)
	w.cmd.Stdout, w.cmd.Stderr = w.output, w.output
	if err := w.cmd.Start(); err != nil {
		e.t.Fatalf("start a worker: %v", err)
	}
	go func() {
		_ = w.cmd.Wait() // how it ended is in ProcessState
		close(w.exited)
	}()
	e.t.Cleanup(func() {
		w.kill()
		if strings.Contains(w.output.String(), "DATA RACE") { // see race_test.go
			e.t.Error("the worker has a data race")
		}
		if e.t.Failed() {
			e.t.Logf("worker %d said:\n%s", w.cmd.Process.Pid, w.output)
		}
	})
	return w
}

// kill ends it with SIGKILL and waits for that.
func (w *worker) kill() {
	w.signal(syscall.SIGKILL)
	<-w.exited
}

func (w *worker) signal(s syscall.Signal) {
	if err := w.cmd.Process.Signal(s); err != nil && !w.hasExited() {
		w.t.Errorf("%v to worker %d: %v", s, w.cmd.Process.Pid, err)
	}
}

func (w *worker) hasExited() bool {
	select {
	case <-w.exited:
		return true
	default:
		return false
	}
}

// exitCode waits until it has ended by itself.
func (w *worker) exitCode(limit time.Duration) int {
	w.t.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-w.exited:
		return w.cmd.ProcessState.ExitCode()
	case <-timer.C:
		w.t.Fatalf("worker %d still runs after %v", w.cmd.Process.Pid, limit)
		return -1
	}
}

// stop asks it to end with SIGTERM, which must succeed within 5 s.
func (w *worker) stop() {
	w.t.Helper()
	w.signal(syscall.SIGTERM)
	if code := w.exitCode(5 * time.Second); code != 0 {
		w.t.Fatalf("worker %d: exit %d after SIGTERM", w.cmd.Process.Pid, code)
	}
}

// expectBegun expects that it said that it reads the partition from the offset.
func (w *worker) expectBegun(partition int32, offset int64) {
	w.t.Helper()
	said := fmt.Sprintf(`"partition":%d,"offset":%d,`, partition, offset)
	if !strings.Contains(w.output.String(), said) {
		w.t.Errorf("the worker did not begin partition %d at offset %d", partition, offset)
	}
}

// ready returns nil when /readyz says 200, and else what it says.
func (w *worker) ready() error {
	response, err := http.Get("http://" + w.admin + "/readyz")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("readyz: %s: %s", response.Status, body)
	}
	return err
}

func (w *worker) awaitReady() {
	w.t.Helper()
	eventually(w.t, 30*time.Second, "the worker is ready", func() error {
		if w.hasExited() {
			w.t.Fatalf("worker %d ended with exit %d", w.cmd.Process.Pid, w.cmd.ProcessState.ExitCode())
		}
		return w.ready()
	})
}

// awaitUnready waits until /readyz answers, with 503.
func (w *worker) awaitUnready() {
	w.t.Helper()
	eventually(w.t, 30*time.Second, "the worker is not ready", func() error {
		err := w.ready()
		if err == nil {
			return errors.New("it is ready")
		}
		if !strings.Contains(err.Error(), "503") {
			return err
		}
		return nil
	})
}
