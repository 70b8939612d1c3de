package config

import (
	"github.com/spf13/pflag"
)

// All are the settings of all commands.
type All struct {
	Kafka    Kafka
	Group    Group
	Database Database
	Admin    Admin
	Console  Console
	Worker   Worker
	Log      Log
}

// Bind defines the flags, none of which has to be given.
func (a *All) Bind(flags *pflag.FlagSet) {
	a.Kafka.Bind(flags)
	a.Group.Bind(flags)
	a.Database.Bind(flags)
	a.Admin.Bind(flags)
	a.Admin.BindServed(flags)
	a.Console.BindEnabled(flags)
	a.Console.Bind(flags)
	a.Worker.Bind(flags)
	a.Log.Bind(flags)
	flags.VisitAll(func(f *pflag.Flag) { delete(f.Annotations, isRequired) })
}

// Validate returns what is wrong with values that no flag finds out by itself:
// [*InvalidError] and [*MissingError].
func (a *All) Validate() []error {
	var errs []error
	for _, validate := range []func() error{
		a.Kafka.Validate, a.Database.Validate, a.Admin.Validate, a.Console.Validate, a.Worker.Validate,
	} {
		if err := validate(); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// Known are the settings of all commands, with their defaults.
func Known() *pflag.FlagSet {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(All).Bind(flags)
	return flags
}
