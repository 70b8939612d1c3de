package child

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// Worker is a process. It belongs to one goroutine.
type Worker struct {
	// Name is what it was called.
	Name string
	// Log is the file that gets what it writes.
	Log   string
	cmd   *exec.Cmd
	told  bool          // to end
	ended chan struct{} // closed when it has
	exit  error         // how; read after ended
}

// Start runs the executable as a worker, with the settings as its environment
// and its log in dir.
func Start(executable, name, dir string, settings []string) (*Worker, error) {
	w := &Worker{Name: name, Log: filepath.Join(dir, name+".log"), ended: make(chan struct{})}
	log, err := os.Create(w.Log)
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

// PID is its process id.
func (w *Worker) PID() int { return w.cmd.Process.Pid }

// Alive tells whether it has not ended.
func (w *Worker) Alive() bool {
	select {
	case <-w.ended:
		return false
	default:
		return true
	}
}

// Kill ends the process without a word, and returns when it is gone.
func (w *Worker) Kill() {
	w.told = true
	_ = w.cmd.Process.Kill() // it may have gone by itself
	<-w.ended
}

// stopTimeout is how long a worker may take to finish what it has in hand.
const stopTimeout = 15 * time.Second

// Ask asks the process to end.
func (w *Worker) Ask() {
	w.told = true
	_ = w.cmd.Process.Signal(syscall.SIGTERM) // it may have gone by itself
}

// Await waits until a process that was asked to end has done so in good order.
func (w *Worker) Await() error {
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-w.ended:
	case <-timer.C:
		w.Kill()
		return fmt.Errorf("%s was killed: it did not stop within %v", w.Name, stopTimeout)
	}
	if w.exit != nil {
		return fmt.Errorf("%s stopped with %w: %s", w.Name, w.exit, w.lastWords())
	}
	return nil
}

// lastWords is the last line of its log.
func (w *Worker) lastWords() string {
	text, err := os.ReadFile(w.Log)
	if err != nil {
		return err.Error()
	}
	text = bytes.TrimSpace(text)
	return string(text[bytes.LastIndexByte(text, '\n')+1:])
}

var errEnded = errors.New("it ended by itself")

// State is that of a process that has ended.
func (w *Worker) State() *os.ProcessState { return w.cmd.ProcessState }

// Lost is the error of a process that ended unasked; nil when it did not.
func (w *Worker) Lost() error {
	if w.Alive() || w.told {
		return nil
	}
	return fmt.Errorf("%s: %w (%s): %s", w.Name, errEnded, w.cmd.ProcessState, w.lastWords())
}
