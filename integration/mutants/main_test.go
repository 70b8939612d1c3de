package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestMutantsFitTheCode(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	for _, m := range mutants {
		if names[m.name] {
			t.Errorf("two mutants are called %s", m.name)
		}
		names[m.name] = true
		if _, err := m.mutate("../.."); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
		if !m.suspects.there(t) {
			t.Errorf("%s: no test of %s matches %s", m.name, m.suspects.pkg, m.suspects.run)
		}
	}
}

var test = regexp.MustCompile(`(?m)^func (Test\w+)`)

// there tells whether each part of the pattern matches a test.
func (s suspects) there(t *testing.T) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", s.pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var tests []string
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range test.FindAllStringSubmatch(string(code), -1) {
			tests = append(tests, found[1])
		}
	}
	for part := range strings.SplitSeq(s.run, "|") {
		if !regexp.MustCompile(part).MatchString(strings.Join(tests, "\n")) {
			return false
		}
	}
	return true
}

func TestPartsAreAllOfThem(t *testing.T) {
	t.Parallel()
	seen := make(map[string]int)
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 7 {
		for _, share := range []string{string(rune('1'+i)) + "/7", "today/7"} {
			chosen, err := part(share, day.AddDate(0, 0, i))
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range chosen {
				seen[m.name]++
			}
		}
	}
	for _, m := range mutants {
		if seen[m.name] != 2 {
			t.Errorf("%s is in %d parts, want one by number and one by day", m.name, seen[m.name])
		}
	}
	for _, share := range []string{"", "3", "0/7", "8/7", "1/0", "x/7", "1/x"} {
		if _, err := part(share, day); err == nil {
			t.Errorf("-part %q is taken", share)
		}
	}
}
