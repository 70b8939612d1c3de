package demo

import (
	"fmt"
	"io"
	"time"

	"deductor/internal/progress"
)

// lineInterval is how often progress is said where it can't be written over.
const lineInterval = time.Second

// narrator tells a person what happens, and in between how far it is. It
// belongs to one goroutine, but for what text does.
type narrator struct {
	w     io.Writer
	began time.Time
	text  func() string // how far it is; nil when there is nothing to tell
	line  *progress.Line
	last  time.Time
}

func newNarrator(w io.Writer) *narrator { return &narrator{w: w, began: time.Now()} }

// say tells what happened.
func (n *narrator) say(format string, args ...any) { n.sayAll(fmt.Sprintf(format, args...)) }

// sayAll tells what happened together.
func (n *narrator) sayAll(events ...string) {
	text := n.text
	n.pause()
	for _, event := range events {
		fmt.Fprintln(n.w, n.stamp()+event)
	}
	if text != nil {
		n.watch(text)
	}
}

func (n *narrator) stamp() string { return fmt.Sprintf("%5.1f s  ", time.Since(n.began).Seconds()) }

// watch begins to tell how far it is. The function may be called from another
// goroutine.
func (n *narrator) watch(text func() string) {
	n.text, n.last = text, time.Now()
	if progress.IsTerminal(n.w) {
		n.line = progress.Start(n.w, func() string { return n.stamp() + text() })
	}
}

// tick is called often.
func (n *narrator) tick() {
	if n.text != nil && n.line == nil && time.Since(n.last) >= lineInterval {
		n.last = time.Now()
		fmt.Fprintln(n.w, n.stamp()+n.text())
	}
}

// pause ends the line; say and watch begin it again.
func (n *narrator) pause() {
	if n.line != nil {
		n.line.Stop()
	}
	n.line, n.text = nil, nil
}
