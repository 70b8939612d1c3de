package produce

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"deductor/consumer/command"
)

// Message is one record to send.
type Message struct {
	// OrderID is the record's key, so that an order's commands stay in one
	// partition, in their order; "" for none.
	OrderID string
	// Value is the record's value.
	Value []byte
	// Source says where it comes from, such as line 3; "" when that helps nobody.
	Source string
}

// Messages yields the generator's commands as messages.
func (g *Generator) Messages() iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for c := range g.Commands() {
			value, err := command.Encode(c)
			if !yield(Message{OrderID: c.OrderID, Value: value}, err) {
				return
			}
		}
	}
}

// InvalidLineError says why a line is not a command.
type InvalidLineError struct {
	// Number is the line's, from 1.
	Number int
	// Rejection says why, with the reason code that its dead letter would have.
	Rejection *command.Rejection
}

// Error names the line and the reason.
func (e *InvalidLineError) Error() string { return fmt.Sprintf("line %d: %v", e.Number, e.Rejection) }

// Unwrap returns the rejection.
func (e *InvalidLineError) Unwrap() error { return e.Rejection }

// maxLine is the longest line, in bytes: well above what a broker takes.
const maxLine = 16 << 20

// ReadLines yields each line of r that is not empty as a message, as it is,
// without the line's end. When asked to validate it yields an
// [*InvalidLineError] in place of a line that is not a command, and goes on. Any
// other error is one of reading, and the last.
func ReadLines(r io.Reader, validate bool) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		scanner := bufio.NewScanner(r)
		scanner.Buffer(make([]byte, 0, 64<<10), maxLine)
		number := 0
		for scanner.Scan() {
			number++
			if len(scanner.Bytes()) > 0 && !yield(message(number, bytes.Clone(scanner.Bytes()), validate)) {
				return
			}
		}
		err := scanner.Err()
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("it is longer than %d bytes", maxLine)
		}
		if err != nil {
			yield(Message{}, fmt.Errorf("line %d: %w", number+1, err))
		}
	}
}

// message finds the key of a line, also of one that is not quite a command.
func message(number int, value []byte, validate bool) (Message, error) {
	c, rejection := command.Decode(value)
	m := Message{OrderID: c.OrderID, Value: value, Source: fmt.Sprintf("line %d", number)}
	switch {
	case rejection == nil:
		return m, nil
	case validate:
		return Message{}, &InvalidLineError{number, rejection}
	}
	m.OrderID = rejection.OrderID
	return m, nil
}
