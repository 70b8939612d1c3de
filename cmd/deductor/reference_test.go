package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deductor/internal/config"
)

//go:generate go test -run TestReference -update .

var update = flag.Bool("update", false, "write docs/reference/cli.md")

const referenceFile = "../../docs/reference/cli.md"

// TestReference fails when the reference doesn't say what the commands do.
func TestReference(t *testing.T) {
	t.Parallel()
	want := reference(newRoot(process{}))
	if *update {
		if err := os.WriteFile(referenceFile, []byte(want), 0o644); err != nil { //nolint:gosec // it is public
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go generate ./cmd/deductor", referenceFile)
	}
}

// reference is a page in Markdown about all commands, and the settings they share.
func reference(root *cobra.Command) string {
	var page strings.Builder
	page.WriteString("# Command line\n\n" +
		"<!-- Written by go generate ./cmd/deductor from the commands themselves. -->\n")
	settings := make(map[string]string)
	describeCommand(&page, root, settings)
	page.WriteString("\n## Settings\n\nA flag goes before the variable, and that before the default. " +
		"An empty variable counts as none.\n\n" +
		"| Flag | Environment | Default | Meaning |\n| --- | --- | --- | --- |\n")
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		page.WriteString(settings[name])
	}
	return page.String()
}

func describeCommand(page *strings.Builder, cmd *cobra.Command, settings map[string]string) {
	usage := cmd.UseLine()
	if cmd.HasSubCommands() {
		usage = cmd.CommandPath() + " COMMAND"
	}
	fmt.Fprintf(page, "\n## %s\n\n%s\n\n```\n%s\n```\n\nExamples:\n\n```\n%s\n```\n",
		cmd.CommandPath(), strings.TrimSpace(cmd.Long), usage, unindent(cmd.Example))
	describeFlags(page, cmd, settings)
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			describeCommand(page, sub, settings)
		}
	}
}

// unindent takes away the two spaces that help shows before an example's lines.
func unindent(example string) string {
	return strings.TrimSpace(strings.ReplaceAll("\n"+example, "\n  ", "\n"))
}

// describeFlags lists the command's own flags, and names its settings.
func describeFlags(page *strings.Builder, cmd *cobra.Command, settings map[string]string) {
	var own, shared []string
	cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		cells := []string{flagName(f), flagDefault(f), flagMeaning(f)}
		switch {
		case f.Name == "help" || f.Name == "version":
		case config.IsSetting(f):
			variables := "`" + config.EnvName(f.Name) + "`"
			if config.IsSecret(f) {
				variables += ", `" + config.EnvFileName(f.Name) + "`"
			}
			settings[f.Name] = row(cells[0], variables, cells[1], cells[2])
			name := "`--" + f.Name + "`"
			if config.IsRequired(f) && f.DefValue == "" {
				name += " (required)"
			}
			shared = append(shared, name)
		default:
			own = append(own, row(cells...))
		}
	})
	if own != nil {
		page.WriteString("\n| Flag | Default | Meaning |\n| --- | --- | --- |\n" + strings.Join(own, ""))
	}
	if shared != nil {
		page.WriteString("\n[Settings](#settings): " + strings.Join(shared, ", ") + "\n")
	}
}

func row(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

func flagName(f *pflag.Flag) string {
	placeholder, _ := pflag.UnquoteUsage(f)
	name := strings.TrimSpace("--" + f.Name + " " + placeholder)
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", " + name
	}
	return "`" + name + "`"
}

func flagDefault(f *pflag.Flag) string {
	switch {
	case f.Annotations[cobra.BashCompOneRequiredFlag] != nil:
		return "required"
	case f.DefValue == "" || f.DefValue == "false":
		return ""
	}
	return "`" + f.DefValue + "`"
}

func flagMeaning(f *pflag.Flag) string {
	_, meaning := pflag.UnquoteUsage(f)
	return strings.ReplaceAll(meaning, "|", `\|`)
}
