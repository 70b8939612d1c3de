package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

// EnvFileName is the environment variable that names a file with the secret
// setting of this flag: DEDUCTOR_DATABASE_URL_FILE for database-url.
func EnvFileName(flag string) string { return EnvName(flag) + "_FILE" }

// IsSecret tells whether the setting may be read from a file, and is never to
// be printed.
func IsSecret(f *pflag.Flag) bool { return f.Annotations[isSecret] != nil }

// secret makes flags settings whose value a file may hold, and has their help
// say so.
func secret(flags *pflag.FlagSet, names ...string) {
	optional(flags, names...)
	annotate(flags, isSecret, names)
	for _, name := range names {
		flags.Lookup(name).Usage += ", or in the file that " + EnvFileName(name) + " names"
	}
}

// SecretFileError says why a secret can't be had from its file.
type SecretFileError struct {
	// Flag is the setting's name, File what its variable names.
	Flag, File string
	// Err says what is wrong; it never holds the secret.
	Err error
}

// Error names the variable and the file.
func (e *SecretFileError) Error() string {
	return fmt.Sprintf("%s names %q: %v", EnvFileName(e.Flag), e.File, e.Err)
}

// Unwrap returns what is wrong.
func (e *SecretFileError) Unwrap() error { return e.Err }

// fromEnvironment is the value of a setting's variable, or of the file that a
// secret's other variable names, and which; "" for none.
func fromEnvironment(f *pflag.Flag, lookup func(string) (string, bool)) (string, Origin, error) {
	origin := Origin{Source: FromEnvironment, Name: EnvName(f.Name)}
	value, _ := lookup(origin.Name)
	if !IsSecret(f) {
		return value, origin, nil
	}
	file, _ := lookup(EnvFileName(f.Name))
	switch {
	case file == "":
		return value, origin, nil
	case value != "":
		return "", origin, &SecretFileError{f.Name, file,
			fmt.Errorf("%s is given, too: leave one of the two out", EnvName(f.Name))}
	}
	origin.Name, origin.SecretFile = EnvFileName(f.Name), file
	value, err := readSecret(file)
	if err != nil {
		return "", origin, &SecretFileError{f.Name, file, err}
	}
	return value, origin, nil
}

// maxSecret bounds what is read of a file, in bytes: a wrong path may lead to
// anything.
const maxSecret = 64 << 10

// readSecret returns what a file holds, without the newline at its end that
// editors and echo leave there.
func readSecret(file string) (string, error) {
	opened, err := os.Open(file) //nolint:gosec // the user says which file
	if err != nil {
		return "", withoutPath(err)
	}
	defer opened.Close()
	content, err := io.ReadAll(io.LimitReader(opened, maxSecret+1))
	if err != nil {
		return "", withoutPath(err)
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	switch {
	case len(content) > maxSecret:
		return "", fmt.Errorf("it has more than %d bytes: that is no secret", maxSecret)
	case value == "":
		return "", errors.New("it is empty: write the secret into it")
	}
	return value, nil
}

// withoutPath is the error without the path, which is told already.
func withoutPath(err error) error {
	var at *os.PathError
	if errors.As(err, &at) {
		return fmt.Errorf("can't %s it: %w", at.Op, at.Err)
	}
	return err
}
