package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// lookup reads a variable, as [os.LookupEnv] does.
func (r *Resolver) lookup(name string) (value string, given bool) {
	for _, variable := range r.Environ {
		if value, given = strings.CutPrefix(variable, name+"="); given {
			return value, true
		}
	}
	return "", false
}

// unknownVariables has a warning for each variable that begins as those of
// settings do and is of none. It is no error, as an unknown name in the file is:
// an environment isn't deductor's alone, and one of a newer version may still
// stand there after a step back.
func (r *Resolver) unknownVariables() []string {
	names := append(settingNames(r.Known), fileFlag)
	var warnings []string
	for _, variable := range r.Environ {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, EnvPrefix) || r.isServiceLink(name) ||
			slices.ContainsFunc(names, func(setting string) bool { return EnvName(setting) == name }) {
			continue
		}
		near := nearest(names, name)
		if near != "" {
			near = EnvName(near)
		}
		warnings = append(warnings, unknown(printableVariable(name), near).Error())
	}
	slices.Sort(warnings)
	return warnings
}

// serviceLink matches what Kubernetes gives a pod for each Service, such as
// DEDUCTOR_SERVICE_HOST and DEDUCTOR_PORT_8321_TCP for one that is called deductor.
var serviceLink = regexp.MustCompile(`^(.+?)_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_.+)?)?)$`)

// isServiceLink tells whether Kubernetes made the variable. There is a
// SERVICE_HOST for each Service.
func (r *Resolver) isServiceLink(name string) bool {
	match := serviceLink.FindStringSubmatch(name)
	if match == nil {
		return false
	}
	_, given := r.lookup(match[1] + "_SERVICE_HOST")
	return given
}

// variableLike matches what may be told of a variable's name: a line of another
// format in a file of variables may have made a secret part of it.
var variableLike = regexp.MustCompile(`^[A-Za-z0-9_]{1,100}`)

func printableVariable(name string) string {
	told := variableLike.FindString(name)
	if told != name {
		told += "…"
	}
	return told
}

// settingNames are all names that a file may have: those of the settings, and
// those of the files that hold secrets.
func settingNames(known *pflag.FlagSet) []string {
	var names []string
	known.VisitAll(func(f *pflag.Flag) {
		if !IsSetting(f) || f.Name == fileFlag {
			return
		}
		names = append(names, f.Name)
		if IsSecret(f) {
			names = append(names, f.Name+secretSuffix)
		}
	})
	return names
}
