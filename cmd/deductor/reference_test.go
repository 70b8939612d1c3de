package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deductor/internal/config"
)

//go:generate go test -run TestReference -update .

var update = flag.Bool("update", false, "write the reference")

const referenceDir = "../../docs/reference/"

// TestReference fails when the reference doesn't say what the commands do.
func TestReference(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"cli.md":             reference(newRoot(process{})),
		"config.md":          configReference(),
		"config.schema.json": string(schema()),
	} {
		file := referenceDir + name
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil { //nolint:gosec // it is public
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is stale: run go generate ./cmd/deductor", file)
		}
	}
}

const generated = "<!-- Written by go generate ./cmd/deductor from the commands themselves. -->\n"

// reference is a page in Markdown about all commands.
func reference(root *cobra.Command) string {
	var page strings.Builder
	page.WriteString("# Command line\n\n" + generated)
	describeCommand(&page, root)
	return page.String()
}

// configReference is a page in Markdown about all settings.
func configReference() string {
	var page strings.Builder
	page.WriteString("# Settings\n\n" + generated + `
A flag goes before its variable, that before the configuration file, and that before the default. An empty variable
or value counts as none. Which command has which settings: [command line](cli.md). How to use them:
[configure](../how-to/configure.md).

| YAML key | Flag | Variable | Default | Meaning |
| --- | --- | --- | --- | --- |
`)
	known := config.Known()
	config.BindFile(known)
	known.VisitAll(func(f *pflag.Flag) {
		key, variables := "`"+f.Name+"`", "`"+config.EnvName(f.Name)+"`"
		if config.IsSecret(f) {
			variables += ", `" + config.EnvFileName(f.Name) + "`"
			key += ", `" + f.Name + "-file`"
		}
		if f.Name == "config" {
			key = ""
		}
		page.WriteString(row(key, flagName(f), variables, flagDefault(f), flagMeaning(f)))
	})
	page.WriteString("\n[config.schema.json](config.schema.json) is the same for editors: `deductor config schema`.\n")
	return page.String()
}

func describeCommand(page *strings.Builder, cmd *cobra.Command) {
	usage := cmd.UseLine()
	if cmd.HasSubCommands() {
		usage = cmd.CommandPath() + " COMMAND"
	}
	fmt.Fprintf(page, "\n## %s\n\n%s\n\n```\n%s\n```\n\nExamples:\n\n```\n%s\n```\n",
		cmd.CommandPath(), strings.TrimSpace(cmd.Long), usage, unindent(cmd.Example))
	describeFlags(page, cmd)
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			describeCommand(page, sub)
		}
	}
}

// unindent takes away the two spaces that help shows before an example's lines.
func unindent(example string) string {
	return strings.TrimSpace(strings.ReplaceAll("\n"+example, "\n  ", "\n"))
}

// describeFlags lists the command's own flags, and names its settings.
func describeFlags(page *strings.Builder, cmd *cobra.Command) {
	var own, shared []string
	cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		cells := []string{flagName(f), flagDefault(f), flagMeaning(f)}
		switch {
		case f.Name == "help" || f.Name == "version":
		case config.IsSetting(f):
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
		page.WriteString("\n[Settings](config.md): " + strings.Join(shared, ", ") + "\n")
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
