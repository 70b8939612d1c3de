package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/pflag"

	printing "deductor/internal/printable"
)

// output is how a reading command writes its data: text for people, json for
// programs.
type output string

// bind defines -o.
func (o *output) bind(flags *pflag.FlagSet) {
	*o = "text"
	flags.VarP(o, "output", "o", "how to write the data: text or json")
}

// Set implements [pflag.Value].
func (o *output) Set(value string) error {
	if value != "text" && value != "json" {
		return fmt.Errorf("%q is neither text nor json", value)
	}
	*o = output(value)
	return nil
}

// Choices implements [config.Chooser].
func (o *output) Choices() []string { return []string{"text", "json"} }

// String implements [pflag.Value].
func (o *output) String() string { return string(*o) }

// Type implements [pflag.Value].
func (o *output) Type() string { return "FORMAT" }

// write writes value as JSON, or has text write the same for people, and
// returns the error of writing to w: what text gets takes everything.
func (o *output) write(w io.Writer, value any, text func(io.Writer) error) error {
	var data bytes.Buffer
	var err error
	if *o == "text" {
		err = text(&data)
	} else {
		encoder := json.NewEncoder(&data)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(value)
	}
	if err != nil {
		return err
	}
	_, err = w.Write(printing.Lines(data.Bytes()))
	return err
}

// table writes rows in columns under a header. A cell is shown on one line, an
// empty one as a dash.
func table(w io.Writer, header []string, rows [][]string) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, strings.Join(header, "\t"))
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				fmt.Fprint(columns, "\t")
			}
			if cell == "" {
				cell = "-"
			}
			fmt.Fprint(columns, printable(cell))
		}
		fmt.Fprintln(columns)
	}
	return columns.Flush()
}
