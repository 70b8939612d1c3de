package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	printing "deductor/internal/printable"
)

// Exit codes: a contract that scripts rely on.
const (
	exitOK      = 0
	exitFailure = 1 // an error
	exitUsage   = 2 // the command line or a setting is wrong
	exitVerify  = 3 // a verification failed
	exitRefused = 4 // what was asked for is not allowed as things are
	exitPartial = 5 // done in part
)

// exitError is an error that ends the process with a code of its own.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }

// Unwrap returns the error.
func (e *exitError) Unwrap() error { return e.err }

// usage marks an error of the command line or of a setting: exit code 2.
func usage(err error) error { return &exitError{exitUsage, err} }

// usagef is usage with a new error.
func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }

// verificationFailed marks the error of a check that found something: exit code 3.
func verificationFailed(err error) error { return &exitError{exitVerify, err} }

// refused marks an error of something not allowed as things are: exit code 4.
func refused(err error) error { return &exitError{exitRefused, err} }

// partial marks the error of what could not be done whole: exit code 5.
func partial(err error) error { return &exitError{exitPartial, err} }

// exitCode is that of the outermost exitError, or 1.
func exitCode(err error) int {
	var exit *exitError
	if errors.As(err, &exit) {
		return exit.code
	}
	return exitFailure
}

// message is what a user sees of an error. Lines that deductor makes itself,
// such as those of a file that are wrong, quote what came from outside; what a
// server says becomes one line.
func message(ctx context.Context, err error) string {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	text := err.Error()
	if errors.As(err, new(*pgconn.ConnectError)) || errors.As(err, new(*pgconn.PgError)) {
		lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\t' })
		text = strings.Join(lines, " ")
	}
	return string(printing.Lines([]byte(text)))
}
