package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"deductor/internal/config"
)

// lintView is what was found in a file. Its JSON is a contract with scripts.
type lintView struct {
	File     jsonText      `json:"file"`
	OK       bool          `json:"ok"`
	Problems []problemView `json:"problems"`
	Warnings []jsonText    `json:"warnings"`
}

type problemView struct {
	Line    int      `json:"line"`
	Column  int      `json:"column"`
	Setting *string  `json:"setting"`
	Message jsonText `json:"message"`
	text    string
}

func newConfigLint() *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:   "lint [FILE]",
		Short: "Tell all that is wrong with a configuration file",
		Long: `Tell all that is wrong with a configuration file: FILE, or the one that --config or
DEDUCTOR_CONFIG names. Names that there are not, names given twice, and values that the
command of the setting would refuse, each with its line and column. It warns of variables
of the environment that begin with DEDUCTOR_ and are no setting's.

Exit code 0 when it is well, also with warnings; 1 when not. Nothing is connected to.`,
		Example: "  deductor config lint deductor.yaml\n  deductor config lint -o json deductor.yaml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := cmd.Flag("config").Value.String()
			if len(args) > 0 {
				name = args[0]
			}
			if name == "" {
				return usage(errors.New("no file to check: name it, or give --config or DEDUCTOR_CONFIG"))
			}
			file, err := config.ReadFile(name)
			if err != nil {
				return err
			}
			found, _ := cmd.Context().Value(resolutionKey{}).(*config.Resolution)
			view := lint(file, found.UnknownVariables)
			if err := out.write(cmd.OutOrStdout(), view, view.text); err != nil || view.OK {
				return err
			}
			return fmt.Errorf("%s: %s", printable(name), counted(len(view.Problems), "problem"))
		},
		ValidArgsFunction: cobra.FixedCompletions([]string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt),
	}
	config.BindFile(cmd.Flags())
	out.bind(cmd.Flags())
	return cmd
}

func lint(file *config.File, unknownVariables []string) lintView {
	problems, warnings := file.Lint()
	warnings = append(warnings, unknownVariables...)
	view := lintView{
		File: jsonText(file.Name), OK: len(problems) == 0,
		Problems: make([]problemView, len(problems)), Warnings: make([]jsonText, len(warnings)),
	}
	for i, p := range problems {
		found := problemView{Line: p.Line, Column: p.Column, Message: jsonText(p.Err.Error()), text: p.Text(file.Name)}
		if p.Key != "" {
			found.Setting = &p.Key
		}
		view.Problems[i] = found
	}
	for i, warning := range warnings {
		view.Warnings[i] = jsonText(warning)
	}
	return view
}

func (v lintView) text(w io.Writer) error {
	for _, p := range v.Problems {
		fmt.Fprintln(w, printable(p.text))
	}
	for _, warning := range v.Warnings {
		fmt.Fprintln(w, "warning: "+printable(string(warning)))
	}
	if v.OK {
		fmt.Fprintf(w, "%s is well\n", printable(string(v.File)))
	}
	return nil
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
