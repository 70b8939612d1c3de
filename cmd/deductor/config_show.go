package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deductor/internal/config"
)

// settingView is a setting as it counts. Its JSON is a contract with scripts.
type settingView struct {
	Setting string        `json:"setting"`
	Value   *jsonText     `json:"value"` // null for none, and for a secret
	Set     bool          `json:"set"`
	Secret  bool          `json:"secret"`
	Source  config.Source `json:"source"`
	Name    *jsonText     `json:"name"` // of the flag, the variable or the file
	Line    *int          `json:"line"`
	File    *jsonText     `json:"secret_file"`
	from    string
}

func newConfigShow() *cobra.Command {
	var all config.All
	var out output
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show every setting, and where its value is from",
		Long: `Show the value of every setting of every command, and where it is from: a flag, a
variable, a line of the configuration file, or the default. Secrets are not shown, only
whether they are set. The flags are those of all commands, so that a command line can be
tried.`,
		Example: "  deductor config show --config deductor.yaml\n  deductor config show --lanes 8 -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			views := viewSettings(cmd.Context(), cmd.Flags())
			return out.write(cmd.OutOrStdout(), views, func(w io.Writer) error { return settingsTable(w, views) })
		},
	}
	all.Bind(cmd.Flags())
	out.bind(cmd.Flags())
	return cmd
}

func viewSettings(ctx context.Context, flags *pflag.FlagSet) []settingView {
	found, _ := ctx.Value(resolutionKey{}).(*config.Resolution)
	var views []settingView
	flags.VisitAll(func(f *pflag.Flag) {
		if !config.IsSetting(f) {
			return
		}
		value, origin := f.Value.String(), found.Origin(f.Name)
		view := settingView{
			Setting: f.Name, Set: value != "", Secret: config.IsSecret(f), Source: origin.Source, from: origin.String(),
			Name: orNull(origin.Name), File: orNull(origin.SecretFile),
		}
		if !view.Secret {
			view.Value = orNull(value)
		}
		if origin.Line > 0 {
			view.Line = &origin.Line
		}
		views = append(views, view)
	})
	return views
}

// orNull is nil for no text.
func orNull(text string) *jsonText {
	if text == "" {
		return nil
	}
	converted := jsonText(text)
	return &converted
}

func settingsTable(w io.Writer, views []settingView) error {
	rows := make([][]string, len(views))
	for i, v := range views {
		value := ""
		switch {
		case v.Secret && v.Set:
			value = "(secret)"
		case v.Value != nil:
			value = string(*v.Value)
		}
		rows[i] = []string{v.Setting, value, v.from}
	}
	return table(w, []string{"SETTING", "VALUE", "FROM"}, rows)
}
