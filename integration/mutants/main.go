// Command mutants takes out one defence at a time, in a copy of the tree, and
// shows which test notices.
//
//	go run ./integration/mutants [-only NAME] [-list]
//
// It exits with 1 when a mutant survives, or when one no longer fits the code.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

func main() {
	only := flag.String("only", "", "run the mutants whose names contain this")
	list := flag.Bool("list", false, "list the mutants and end")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *list {
		for _, m := range mutants {
			fmt.Printf("%-24s %s\n", m.name, m.defence)
		}
		return
	}
	if err := run(ctx, os.Stdout, *only); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, only string) error {
	tree, err := os.MkdirTemp("", "deductor-mutants-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(tree) }()
	if err := os.CopyFS(tree, os.DirFS(".")); err != nil {
		return fmt.Errorf("copy the tree: %w", err)
	}
	var killed, survived int
	for _, m := range mutants {
		if !strings.Contains(m.name, only) {
			continue
		}
		began := time.Now()
		noticed, err := m.try(ctx, tree)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if noticed == "" {
			survived++
			noticed = "SURVIVED"
		} else {
			killed++
		}
		fmt.Fprintf(out, "%-24s %5.1f s  %s\n", m.name, time.Since(began).Seconds(), noticed)
	}
	fmt.Fprintf(out, "%d killed, %d survived\n", killed, survived)
	if survived > 0 {
		return fmt.Errorf("%d defences can be taken out without a test that notices", survived)
	}
	return nil
}

// try applies the mutant, runs its tests, takes it back, and returns the first
// test that failed; nothing when all passed.
func (m mutant) try(ctx context.Context, tree string) (string, error) {
	path := filepath.Join(tree, m.file)
	original, err := os.ReadFile(path) //nolint:gosec // a file of the copy
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(original), m.before); n != 1 {
		return "", fmt.Errorf("%s holds the text to replace %d times, not once: bring the mutant up to date", m.file, n)
	}
	mutated := strings.Replace(string(original), m.before, m.after, 1)
	if err := os.WriteFile(path, []byte(mutated), 0o600); err != nil { //nolint:gosec // as above
		return "", err
	}
	defer func() { _ = os.WriteFile(path, original, 0o600) }() //nolint:gosec // as above
	args := append([]string{"test", "-count=1", "-failfast", "-timeout=3m"}, m.packages...)
	test := exec.CommandContext(ctx, "go", args...) //nolint:gosec // packages of this program's table
	test.Dir = tree
	output, err := test.CombinedOutput()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err == nil {
		return "", nil
	}
	return firstFailure(string(output))
}

var failure = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)|^panic: (test timed out after \S+)|running tests:\s+(\S+)`)

func firstFailure(output string) (string, error) {
	found := failure.FindStringSubmatch(output)
	if found == nil {
		return "", fmt.Errorf("no test failed, and yet:\n%s", output)
	}
	return strings.TrimSpace(strings.Join(found[1:], "")), nil
}
