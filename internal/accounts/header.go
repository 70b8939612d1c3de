package accounts

import "slices"

// column is one that a file may have.
type column struct {
	name     string
	required bool
	field    func(*Fields) *string
}

var columns = []column{
	{"account", true, func(f *Fields) *string { return &f.Account }},
	{"currency", true, func(f *Fields) *string { return &f.Currency }},
	{"balance", true, func(f *Fields) *string { return &f.Balance }},
	{"overdraft_limit", false, func(f *Fields) *string { return &f.OverdraftLimit }},
	{"kind", false, func(f *Fields) *string { return &f.Kind }},
}

// expectedHeader is what a header may be, for messages.
const expectedHeader = "account,currency,balance[,overdraft_limit][,kind] in any order"

// parseHeader returns the columns that a header names. The error is a
// [*FieldError].
func parseHeader(names []string) ([]column, error) {
	named := make([]column, 0, len(names))
	for i, name := range names {
		known := slices.IndexFunc(columns, func(c column) bool { return c.name == name })
		switch {
		case known < 0:
			return nil, &FieldError{"column", name, "is unknown; expected " + expectedHeader}
		case slices.Contains(names[:i], name):
			return nil, &FieldError{"column", name, "is there twice; expected " + expectedHeader}
		}
		named = append(named, columns[known])
	}
	for _, c := range columns {
		if c.required && !slices.Contains(names, c.name) {
			return nil, &FieldError{"column", c.name, "is missing; expected " + expectedHeader}
		}
	}
	return named, nil
}
