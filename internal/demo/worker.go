package demo

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// worker is a process. It belongs to one goroutine.
type worker struct {
	name  string
	log   string // its file
	cmd   *exec.Cmd
	told  bool          // to end
	ended chan struct{} // closed when it has
	exit  error         // how; read after ended
}

// startWorker runs the executable with the settings as its environment.
func startWorker(executable, name, dir string, settings []string) (*worker, error) {
	w := &worker{name: name, log: filepath.Join(dir, name+".log"), ended: make(chan struct{})}
	log, err := os.Create(w.log)
	if err != nil {
		return nil, err
	}
	w.cmd = exec.Command(executable, "run")
	w.cmd.Env = settings
	w.cmd.Stdout, w.cmd.Stderr = log, log
	w.cmd.SysProcAttr = ownGroup()
	started := make(chan error)
	go func() {
		defer close(w.ended)
		defer log.Close()
		// The kernel takes the death of the thread that started a process for
		// the death of its parent: this one lives as long as the worker does.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := w.cmd.Start()
		started <- err
		if err == nil {
			w.exit = w.cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return w, nil
}

func (w *worker) pid() int { return w.cmd.Process.Pid }

func (w *worker) alive() bool {
	select {
	case <-w.ended:
		return false
	default:
		return true
	}
}

// kill ends the process without a word, and returns when it is gone.
func (w *worker) kill() {
	w.told = true
	_ = w.cmd.Process.Kill() // it may have gone by itself
	<-w.ended
}

// stopTimeout is how long a worker may take to finish what it has in hand.
const stopTimeout = 15 * time.Second

// ask asks the process to end.
func (w *worker) ask() {
	w.told = true
	_ = w.cmd.Process.Signal(syscall.SIGTERM) // it may have gone by itself
}

// await waits until a process that was asked to end has done so in good order.
func (w *worker) await() error {
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-w.ended:
	case <-timer.C:
		w.kill()
		return fmt.Errorf("%s was killed: it did not stop within %v", w.name, stopTimeout)
	}
	if w.exit != nil {
		return fmt.Errorf("%s stopped with %w: %s", w.name, w.exit, w.lastWords())
	}
	return nil
}

// lastWords is the last line of its log.
func (w *worker) lastWords() string {
	text, err := os.ReadFile(w.log)
	if err != nil {
		return err.Error()
	}
	return lastLine(text)
}

var errEnded = errors.New("it ended by itself")

// lost is the error of a process that ended unasked; nil when it did not.
func (w *worker) lost() error {
	if w.alive() || w.told {
		return nil
	}
	return fmt.Errorf("%s: %w (%s): %s", w.name, errEnded, w.cmd.ProcessState, w.lastWords())
}
