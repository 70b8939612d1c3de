package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestDocsCommandsExist fails when a page shows a command or a flag that there
// isn't: in blocks of a shell, and in the text where it begins with deductor.
func TestDocsCommandsExist(t *testing.T) {
	t.Parallel()
	root := newRoot(process{})
	checked := 0
	for _, p := range pages(t) {
		for _, line := range p.shellLines() {
			for _, words := range invocations(line) {
				checked++
				if err := exists(root, words); err != nil {
					t.Errorf("%s: deductor %s: %v", p.path, strings.Join(words, " "), err)
				}
			}
		}
	}
	if checked < 100 {
		t.Errorf("%d command lines were found: the pages have more", checked)
	}
}

// TestDocsCommandsAreRead holds what TestDocsCommandsExist can see.
func TestDocsCommandsAreRead(t *testing.T) {
	t.Parallel()
	root := newRoot(process{})
	for line, fault := range map[string]string{
		"deductor order show ord-1":                                  "",
		"deductor order shwo ord-1":                                  "no such command: shwo",
		"deductor ordre show":                                        "no such command: ordre",
		"A=1 deductor audit --topic-rang all":                        "no such flag: --topic-rang",
		"echo '{}' | deductor produce --file - && deductor audit -x": "no such flag: -x",
		"deductor migrate sql --rol x | psql \"$URL\"":               "no such flag: --rol",
		"go run ./cmd/deductor demo --keeep":                         "no such flag: --keeep",
		"deductor demo --keep # not --for-ever":                      "",
		"deductor replay plan --shift-by -1000 --save plan.json":     "",
		"deductor audit --reason '--x; deductor nothing'":            "no such flag: --reason",
	} {
		var got string
		for _, words := range invocations(line) {
			if err := exists(root, words); err != nil {
				got += err.Error()
			}
		}
		if got != fault {
			t.Errorf("%s: %q, want %q", line, got, fault)
		}
	}
}

// shellLines are the command lines of a page. A block of a console also has what
// they answer; they begin with a prompt.
func (p page) shellLines() []string {
	var found []string
	for _, b := range p.blocks {
		lines := strings.Split(strings.ReplaceAll(strings.Join(b.lines, "\n"), "\\\n", " "), "\n")
		for _, line := range lines {
			command, prompted := strings.CutPrefix(line, "$ ")
			if b.language == "sh" || b.language == "console" && prompted {
				found = append(found, command)
			}
		}
	}
	for _, span := range codeSpan.FindAllString(p.text, -1) {
		if span = strings.Trim(span, "`"); strings.HasPrefix(span, "deductor ") {
			found = append(found, strings.ReplaceAll(span, "\n", " "))
		}
	}
	return found
}

// invocations are the arguments of each deductor that a command line runs.
func invocations(line string) [][]string {
	var found [][]string
	for _, words := range simpleCommands(line) {
		for len(words) > 0 && strings.Contains(words[0], "=") {
			words = words[1:]
		}
		if len(words) > 2 && slices.Equal(words[:2], []string{"go", "run"}) && words[2] == "./cmd/deductor" {
			words = words[2:]
			words[0] = "deductor"
		}
		if len(words) > 0 && words[0] == "deductor" {
			found = append(found, words[1:])
		}
	}
	return found
}

// simpleCommands divides a line into commands and these into words, as far as
// the pages ask for it: quotes, comments, pipes, lists and redirections.
func simpleCommands(line string) [][]string {
	var commands [][]string
	var words []string
	var word strings.Builder
	endWord := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	endCommand := func() {
		endWord()
		commands = append(commands, words)
		words = nil
	}
	var quote rune
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote = r
		case r == '#' && word.Len() == 0:
			endCommand()
			return commands
		case strings.ContainsRune("|&;<>()", r):
			endCommand()
		case r == ' ':
			endWord()
		default:
			word.WriteRune(r)
		}
	}
	endCommand()
	return commands
}

// exists tells whether there are the command and its flags. What stands for an
// argument is not looked at.
func exists(root *cobra.Command, words []string) error {
	cmd := root
	for len(words) > 0 && cmd.HasSubCommands() {
		i := slices.IndexFunc(cmd.Commands(), func(sub *cobra.Command) bool { return sub.Name() == words[0] })
		if i < 0 {
			break
		}
		cmd, words = cmd.Commands()[i], words[1:]
	}
	if cmd.HasSubCommands() && len(words) > 0 && !placeholder(words[0]) && !strings.HasPrefix(words[0], "-") {
		return errors.New("no such command: " + words[0])
	}
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		if len(word) < 2 || word[0] != '-' || word == "--" {
			continue
		}
		f, valued := flagOf(cmd, word)
		if f == nil {
			return fmt.Errorf("no such flag: %s", word)
		}
		if !valued && f.NoOptDefVal == "" && len(words) > 0 {
			words = words[1:]
		}
	}
	return nil
}

// flagOf finds the flag that a word names, and tells whether its value is in the
// same word.
func flagOf(cmd *cobra.Command, word string) (f *pflag.Flag, valued bool) {
	cmd.InitDefaultHelpFlag()
	name, _, valued := strings.Cut(strings.TrimLeft(word, "-"), "=")
	if strings.HasPrefix(word, "--") {
		return cmd.Flag(name), valued
	}
	return cmd.Flags().ShorthandLookup(name[:1]), len(name) > 1
}

// placeholder tells whether a word stands for others.
func placeholder(word string) bool { return word == "…" || strings.ToUpper(word) == word }
