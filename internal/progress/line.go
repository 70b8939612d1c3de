package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// How often the line is shown.
const (
	terminalInterval = 200 * time.Millisecond
	logInterval      = 5 * time.Second
)

// clearLine moves to the line's beginning and erases to its end (ECMA-48, CR and EL).
const clearLine = "\r\x1b[K"

// Line is a line that is kept up to date until Stop.
type Line struct {
	w        io.Writer
	text     func() string
	terminal bool
	stop     chan struct{}
	stopped  chan struct{}
	once     sync.Once
}

// Start shows what text returns, now and then, on w. The text is one line; the
// function is called from another goroutine.
func Start(w io.Writer, text func() string) *Line {
	return start(w, text, IsTerminal(w))
}

func start(w io.Writer, text func() string, terminal bool) *Line {
	l := &Line{w: w, text: text, terminal: terminal, stop: make(chan struct{}), stopped: make(chan struct{})}
	go l.run()
	return l
}

func (l *Line) run() {
	defer close(l.stopped)
	interval := logInterval
	if l.terminal {
		interval = terminalInterval
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			l.show(false)
		case <-l.stop:
			l.show(true)
			return
		}
	}
}

func (l *Line) show(last bool) {
	before, after := "", "\n"
	if l.terminal {
		before = clearLine
		if !last {
			after = ""
		}
	}
	fmt.Fprint(l.w, before+l.text()+after)
}

// Stop shows the line for the last time and ends it. It may be called again.
func (l *Line) Stop() {
	l.once.Do(func() { close(l.stop) })
	<-l.stopped
}

// IsTerminal tells whether a person is likely to watch w.
func IsTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
