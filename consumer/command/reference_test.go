package command_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"deductor/consumer/command"
)

//go:generate go test -run TestReasonReference . -update

var update = flag.Bool("update", false, "write docs/reference/reason-codes.md instead of checking it")

const referencePath = "../../docs/reference/reason-codes.md"

// TestReasonReference holds the documentation of the reasons against the code.
func TestReasonReference(t *testing.T) {
	want := reasonReference()
	if *update {
		if err := os.WriteFile(referencePath, []byte(want), 0o644); err != nil { //nolint:gosec // a page to be read
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(referencePath)
	if err != nil || string(got) != want {
		t.Fatalf("%s is stale (%v): run go generate ./consumer/command", referencePath, err)
	}
}

func reasonReference() string {
	var page strings.Builder
	page.WriteString(`<!-- Written by "go generate ./consumer/command" from reason.go there. -->

# Reason codes of dead letters

A record that cannot be a payment is kept as a dead letter: its key, value, headers, timestamp and position as
they were, one of these codes, and a sentence that names the field, its value and what was expected. The codes
are stable. When several things are wrong with a message, the code is that of the first check that fails: its
size, its JSON, the names of its fields, required fields, JSON types, and then the values one by one.

| code | given when |
| --- | --- |
`)
	for _, reason := range command.Reasons() {
		fmt.Fprintf(&page, "| `%s` | %s |\n", reason, reason.Description())
	}
	return page.String()
}
