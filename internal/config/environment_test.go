package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// warned is what is said of an environment to a command with the group of
// settings alone.
func warned(t *testing.T, environ ...string) []string {
	t.Helper()
	var group Group
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	group.Bind(flags)
	BindFile(flags)
	found, err := Resolver{Environ: append([]string{"DEDUCTOR_KAFKA_GROUP=debits"}, environ...)}.Resolve(flags)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(found.Warnings, found.UnknownVariables) {
		t.Errorf("warnings %q, unknown variables %q", found.Warnings, found.UnknownVariables)
	}
	return found.Warnings
}

func TestUnknownVariable(t *testing.T) {
	t.Parallel()
	for variable, said := range map[string]string{
		"DEDUCTOR_KAFKA_BROKER=a:1":    "DEDUCTOR_KAFKA_BROKER is no setting: did you mean DEDUCTOR_KAFKA_BROKERS?",
		"DEDUCTOR_LANE=":               "DEDUCTOR_LANE is no setting: did you mean DEDUCTOR_LANES?",
		"DEDUCTOR_lanes=4":             "DEDUCTOR_lanes is no setting: did you mean DEDUCTOR_LANES?",
		"DEDUCTOR_DATABASE_URI_FILE=u": "DEDUCTOR_DATABASE_URI_FILE is no setting: did you mean DEDUCTOR_DATABASE_URL_FILE?",
		"DEDUCTOR_CONFIGS=d.yaml":      "DEDUCTOR_CONFIGS is no setting: did you mean DEDUCTOR_CONFIG?",
		"DEDUCTOR_KAFKA_TOPIC_FILE=t":  "DEDUCTOR_KAFKA_TOPIC_FILE is no setting: ", // it is no secret
		"DEDUCTOR_COLOUR=red":          "DEDUCTOR_COLOUR is no setting: docs/reference/config.md",
		"DEDUCTOR_=1":                  "DEDUCTOR_ is no setting: ",
		// A line of YAML among variables: the name ends where the URL has an =.
		"DEDUCTOR_DATABASE_URL:postgres://u:kw4z@h/d?sslmode=require": "DEDUCTOR_DATABASE_URL… is no setting: ",
	} {
		got := warned(t, variable)
		if len(got) != 1 || !strings.HasPrefix(got[0], said) || strings.Contains(got[0], "kw4z") {
			t.Errorf("%s: it says %q, want %q", variable, got, said)
		}
	}
}

func TestUnknownVariablesAreInOrder(t *testing.T) {
	t.Parallel()
	got := warned(t, "DEDUCTOR_B=1", "DEDUCTOR_C=1", "DEDUCTOR_A=1")
	if len(got) != 3 || !slices.IsSorted(got) {
		t.Errorf("got %q", got)
	}
}

// What is another command's, the file's name, the file of a secret, or not
// deductor's is no mistake.
func TestKnownVariables(t *testing.T) {
	t.Parallel()
	environ := []string{"DEDUCTOR_CONFIG=", "PATH=/bin", "DEDUCTORLANES=4", "MY_DEDUCTOR_LANE=4", "=C:=odd", "odd"}
	Known().VisitAll(func(f *pflag.Flag) {
		environ = append(environ, EnvName(f.Name)+"=")
		if IsSecret(f) {
			environ = append(environ, EnvFileName(f.Name)+"=")
		}
	})
	if got := warned(t, environ...); len(got) != 0 {
		t.Errorf("it warns of %q", got)
	}
}

// Kubernetes tells a pod of each Service by variables that begin with its name.
func TestServiceLinksAreNotMistakes(t *testing.T) {
	t.Parallel()
	links := []string{
		"DEDUCTOR_SERVICE_HOST=10.0.0.7", "DEDUCTOR_SERVICE_PORT=8321", "DEDUCTOR_SERVICE_PORT_ADMIN=8321",
		"DEDUCTOR_PORT=tcp://10.0.0.7:8321", "DEDUCTOR_PORT_8321_TCP=tcp://10.0.0.7:8321",
		"DEDUCTOR_PORT_8321_TCP_PROTO=tcp", "DEDUCTOR_PORT_8321_TCP_PORT=8321", "DEDUCTOR_PORT_8321_TCP_ADDR=10.0.0.7",
	}
	if got := warned(t, links...); len(got) != 0 {
		t.Errorf("it warns of %q", got)
	}
	if got := warned(t, append(links, "DEDUCTOR_KAFKA_PORT=9092")...); len(got) != 1 {
		t.Errorf("a variable that looks like one of them, of no Service: %q", got)
	}
}
