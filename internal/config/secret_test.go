package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// secretFile is a file with the content.
func secretFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestSecretFromFile(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"s3cr": "s3cr", "s3cr\n": "s3cr", "s3cr\r\n": "s3cr", "s3cr\n\n": "s3cr\n", " s3cr ": " s3cr ",
	} {
		got, err := resolve(t, with(map[string]string{
			"DEDUCTOR_DATABASE_URL": "", "DEDUCTOR_DATABASE_URL_FILE": secretFile(t, content),
			"DEDUCTOR_KAFKA_SASL_PASSWORD_FILE": secretFile(t, content),
		}))
		if err != nil || got.Database.URL != want || got.Kafka.Authentication.Password != want {
			t.Errorf("of %q: %q, %q, %v", content, got.Database.URL, got.Kafka.Authentication.Password, err)
		}
	}
	got, err := resolve(t, with(map[string]string{"DEDUCTOR_DATABASE_URL_FILE": "/nonexistent"}),
		"--database-url", "postgres://flag")
	if err != nil || got.Database.URL != "postgres://flag" {
		t.Errorf("a flag goes before both: %q, %v", got.Database.URL, err)
	}
	got, err = resolve(t, with(map[string]string{"DEDUCTOR_DATABASE_URL_FILE": ""}))
	if err != nil || got.Database.URL != minimum["DEDUCTOR_DATABASE_URL"] {
		t.Errorf("an empty variable counts as none: %q, %v", got.Database.URL, err)
	}
}

func TestSecretFileRefused(t *testing.T) {
	t.Parallel()
	const name = "DEDUCTOR_KAFKA_SASL_PASSWORD"
	dir := t.TempDir()
	for what, test := range map[string]struct{ value, file, said string }{
		"both":         {"s3cr", secretFile(t, "s3cr"), name + " is given"},
		"not there":    {"", filepath.Join(dir, "none"), "no such file"},
		"a directory":  {"", dir, "directory"},
		"empty":        {"", secretFile(t, ""), "empty"},
		"only its end": {"", secretFile(t, "\n"), "empty"},
		"too large":    {"", secretFile(t, strings.Repeat("s3cr", maxSecret/4)+"!"), "bytes"},
	} {
		_, err := resolve(t, with(map[string]string{name: test.value, name + "_FILE": test.file}))
		var wrong *SecretFileError
		if !errors.As(err, &wrong) || wrong.Flag != "kafka-sasl-password" || wrong.File != test.file {
			t.Errorf("%s: %v is no *SecretFileError", what, err)
			continue
		}
		for _, part := range []string{name + "_FILE", test.file, test.said} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: the error lacks %q: %v", what, part, err)
			}
		}
		if strings.Contains(err.Error(), "s3cr") || strings.Count(err.Error(), test.file) != 1 {
			t.Errorf("%s: the error tells the secret, or the path twice: %v", what, err)
		}
	}
	_, err := resolve(t, with(map[string]string{name + "_FILE": filepath.Join(dir, "none")}))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cause is lost: %v", err)
	}
}

// Only secrets have a file: another setting's _FILE would be a name of its own.
func TestWhichSettingsAreSecret(t *testing.T) {
	t.Parallel()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(Kafka).Bind(flags)
	new(Database).Bind(flags)
	var names []string
	flags.VisitAll(func(f *pflag.Flag) {
		if IsSecret(f) {
			names = append(names, f.Name)
			if f.DefValue != "" || !strings.Contains(f.Usage, EnvFileName(f.Name)) {
				t.Errorf("--%s: the default is %q, the usage %q", f.Name, f.DefValue, f.Usage)
			}
		}
	})
	if got := strings.Join(names, " "); got != "database-url kafka-sasl-password" {
		t.Errorf("secret are %s", got)
	}
}
