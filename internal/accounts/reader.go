package accounts

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"deductor/ledger"
)

// Row is an account of a file.
type Row struct {
	// Line is where it begins, from 1.
	Line    int
	Account ledger.NewAccount
}

// RowError says what is wrong with a line of a file.
type RowError struct {
	// Line is where the row begins, from 1.
	Line int
	// Err is a [*FieldError], or says what is wrong with the line as such.
	Err error
}

// Error gives the line and what is wrong with it.
func (e *RowError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns what is wrong.
func (e *RowError) Unwrap() error { return e.Err }

// Reader reads accounts from CSV, one at a time.
type Reader struct {
	csv     *csv.Reader
	columns []column
}

// NewReader reads the header. The error is a [*RowError] when it is not one.
func NewReader(r io.Reader) (*Reader, error) {
	buffered := bufio.NewReader(r)
	const byteOrderMark = "\ufeff"
	if start, err := buffered.Peek(len(byteOrderMark)); err == nil && string(start) == byteOrderMark {
		_, _ = buffered.Discard(len(byteOrderMark)) // they are in the buffer
	}
	reader := &Reader{csv: csv.NewReader(buffered)}
	names, line, err := reader.read()
	if errors.Is(err, io.EOF) {
		return nil, &RowError{1, fmt.Errorf("there is no header; expected %s", expectedHeader)}
	}
	if err != nil {
		return nil, err
	}
	if reader.columns, err = parseHeader(names); err != nil {
		return nil, &RowError{line, err}
	}
	return reader, nil
}

// Read returns the next account. The error is a [*RowError] when a line is
// wrong, after which Read goes on with the next one; and [io.EOF] at the end.
func (r *Reader) Read() (Row, error) {
	values, line, err := r.read()
	if err != nil {
		return Row{}, err
	}
	var fields Fields
	for i, c := range r.columns {
		*c.field(&fields) = values[i]
	}
	account, err := fields.Parse()
	if err != nil {
		return Row{}, &RowError{line, err}
	}
	return Row{line, account}, nil
}

func (r *Reader) read() (values []string, line int, err error) {
	values, err = r.csv.Read()
	var malformed *csv.ParseError
	switch {
	case err == nil:
		line, _ = r.csv.FieldPos(0)
		return values, line, nil
	case errors.Is(err, csv.ErrFieldCount):
		line, _ = r.csv.FieldPos(0)
		return nil, 0, &RowError{line, fmt.Errorf("it has %d fields; expected %d, as in the header",
			len(values), len(r.columns))}
	case errors.As(err, &malformed):
		return nil, 0, &RowError{malformed.StartLine, fmt.Errorf("%w; "+
			`expected a field with a quote, comma or line break in it to be written as "…", and its quotes as ""`,
			malformed.Err)}
	case errors.Is(err, io.EOF):
		return nil, 0, io.EOF
	default:
		return nil, 0, fmt.Errorf("read: %w", err)
	}
}
