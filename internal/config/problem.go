package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is something that is wrong in a configuration file.
type Problem struct {
	// Line and Column are where, counted from 1.
	Line, Column int
	// Key is the setting; "" when it is about none, or can't be told.
	Key string
	// Err says what is wrong; it never holds a secret.
	Err error
}

func problem(at place, key string, err error) Problem { return Problem{at.line, at.column, key, err} }

// text is the problem without the place.
func (p *Problem) text() string {
	if p.Key == "" {
		return p.Err.Error()
	}
	return p.Key + ": " + p.Err.Error()
}

// Text is the problem as a line for file, which compilers and editors know:
// FILE:LINE:COLUMN: KEY: what is wrong.
func (p *Problem) Text(file string) string {
	return fmt.Sprintf("%s:%d:%d: %s", file, p.Line, p.Column, p.text())
}

// FileError says what is wrong in a configuration file: all of it.
type FileError struct {
	File     string
	Problems []Problem // at least one, in the order of the file
}

// Error has a line for each problem.
func (e *FileError) Error() string {
	lines := make([]string, len(e.Problems))
	for i := range e.Problems {
		lines[i] = e.Problems[i].Text(e.File)
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns what is wrong at each place.
func (e *FileError) Unwrap() []error {
	errs := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		errs[i] = p.Err
	}
	return errs
}

// fileError returns nil when nothing is wrong.
func fileError(file string, problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return &FileError{File: file, Problems: sorted(problems)}
}

// sorted puts problems in the order of the file.
func sorted(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.text(), b.text()))
	})
	return problems
}
