// Command mutants takes out one defence at a time, in a copy of the tree, and
// shows which test notices.
//
//	go run ./integration/mutants [-only NAME] [-part K/N] [-list]
//
// With -part it tries every N-th mutant from the K-th on; K may be the word
// today, for another part each day. It exits with 1 when a mutant survives, or when one no longer fits the code.
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
	"strconv"
	"strings"
	"time"
)

func main() {
	only := flag.String("only", "", "run the mutants whose names contain this")
	share := flag.String("part", "1/1", "run one part of so many: K/N, or today/N")
	list := flag.Bool("list", false, "list the mutants and end")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	chosen, err := part(*share, time.Now())
	if err == nil && *list {
		for _, m := range chosen {
			fmt.Printf("%-24s %s\n", m.name, m.defence)
		}
		return
	}
	if err == nil {
		err = run(ctx, os.Stdout, chosen, *only)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// part picks the mutants of one part of so many.
func part(share string, now time.Time) (chosen []mutant, err error) {
	which, total, _ := strings.Cut(share, "/")
	n, err := strconv.Atoi(total)
	if err != nil || n < 1 {
		return nil, fmt.Errorf("-part %s: say K/N or today/N, such as 3/10", share)
	}
	k := now.YearDay()%n + 1
	if which != "today" {
		if k, err = strconv.Atoi(which); err != nil || k < 1 || k > n {
			return nil, fmt.Errorf("-part %s: the first number is one from 1 to %d, or today", share, n)
		}
	}
	for i := k - 1; i < len(mutants); i += n {
		chosen = append(chosen, mutants[i])
	}
	return chosen, nil
}

func run(ctx context.Context, out io.Writer, chosen []mutant, only string) error {
	tree, err := os.MkdirTemp("", "deductor-mutants-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(tree) }()
	if err := os.CopyFS(tree, os.DirFS(".")); err != nil {
		return fmt.Errorf("copy the tree: %w", err)
	}
	var killed, survived, broken int
	for _, m := range chosen {
		if !strings.Contains(m.name, only) {
			continue
		}
		began := time.Now()
		noticed, err := m.try(ctx, tree)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case err != nil:
			broken++
			noticed = "BROKEN: " + err.Error()
		case noticed == "":
			survived++
			noticed = "SURVIVED " + m.suspects.pkg + " -run " + m.suspects.run
		default:
			killed++
		}
		fmt.Fprintf(out, "%-22s %5.1f s  taken out: %s\n%33s%s\n", m.name, time.Since(began).Seconds(), m.defence,
			"noticed: ", noticed)
	}
	fmt.Fprintf(out, "%d killed, %d survived, %d broken\n", killed, survived, broken)
	if survived+broken > 0 {
		return fmt.Errorf("%d defences can be taken out without a test that notices, %d mutants are no use",
			survived, broken)
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
	mutated, err := m.mutate(tree)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(path, mutated, 0o600); err != nil {
		return "", err
	}
	defer func() { _ = os.WriteFile(path, original, 0o600) }() //nolint:gosec // as above
	args := []string{"test", "-vet=off", "-count=1", "-failfast", "-timeout=3m",
		"-run", m.suspects.run, m.suspects.pkg}
	if m.suspects.random {
		args = append(args, "-rapid.nofailfile", "-rapid.shrinktime=1s")
	}
	test := exec.CommandContext(ctx, "go", args...) //nolint:gosec // arguments of this program's table
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

// mutate returns the mutant's file without the defence.
func (m mutant) mutate(tree string) ([]byte, error) {
	original, err := os.ReadFile(filepath.Join(tree, m.file)) //nolint:gosec // named in this program's table
	if err != nil {
		return nil, err
	}
	if n := strings.Count(string(original), m.before); n != 1 {
		return nil, fmt.Errorf("%s holds the text to replace %d times, not once: bring the mutant up to date", m.file, n)
	}
	return []byte(strings.Replace(string(original), m.before, m.after, 1)), nil
}

var failure = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)|^panic: (test timed out after \S+)|running tests:\s+(\S+)`)

func firstFailure(output string) (string, error) {
	found := failure.FindStringSubmatch(output)
	if found == nil {
		return "", fmt.Errorf("no test failed, and yet:\n%s", output)
	}
	return strings.TrimSpace(strings.Join(found[1:], "")), nil
}
