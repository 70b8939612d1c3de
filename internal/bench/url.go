package bench

import (
	"net/url"
	"strings"
)

// withSearchPath is the connection string with a schema as its search path. A
// parameter of that name goes before what options say. The string is not parsed
// further than need be: it may name several hosts, and hold a password.
func withSearchPath(database, schema string) string {
	if !strings.HasPrefix(database, "postgres://") && !strings.HasPrefix(database, "postgresql://") {
		return database + " search_path=" + schema // keywords and values: the last one counts
	}
	address, parameters, _ := strings.Cut(database, "?")
	kept := strings.Split(parameters, "&")
	set := []string{"search_path=" + url.QueryEscape(schema)}
	for _, parameter := range kept {
		if name, _, _ := strings.Cut(parameter, "="); name != "" && name != "search_path" {
			set = append(set, parameter)
		}
	}
	return address + "?" + strings.Join(set, "&")
}
