package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// details writes one thing as lines of names and values. A value is shown on one
// line, an empty one as a dash.
func details(w io.Writer, lines [][2]string) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, line := range lines {
		name, value := line[0], line[1]
		if value == "" {
			value = "-"
		}
		fmt.Fprintf(columns, "%s\t%s\n", name, printable(value))
	}
	return columns.Flush()
}
