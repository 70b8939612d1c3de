package command

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// MaxValueSize is the size of the largest value that is read, in bytes.
const MaxValueSize = 1 << 20

// Decoder reads messages and keeps its working memory from one to the next. The zero value is ready to use;
// one goroutine at a time may use it.
type Decoder struct {
	json    jsontext.Decoder
	source  bytes.Buffer
	scratch []byte          // the text of a JSON string that has escapes
	block   strings.Builder // the names of the last commands, see keep
}

var decoders = sync.Pool{New: func() any { return new(Decoder) }}

// Decode reads the value of a record. The rejection is nil if, and only if, the value is a command. Several
// goroutines may call it at once.
func Decode(value []byte) (Command, *Rejection) {
	d := decoders.Get().(*Decoder)
	defer decoders.Put(d)
	return d.Decode(value)
}

// Decode reads the value of a record. The rejection is nil if, and only if, the value is a command. The value
// is not changed, and neither the result nor the decoder refers to it afterwards.
func (d *Decoder) Decode(value []byte) (Command, *Rejection) {
	switch {
	case len(value) == 0:
		return Command{}, reject(ReasonEmptyValue, "the value is empty; expected a JSON object")
	case len(value) > MaxValueSize:
		return Command{}, reject(ReasonValueTooLarge,
			"the value has %d bytes; expected at most %d", len(value), MaxValueSize)
	}
	m := message{decoder: d}
	if m.plain = splitPlain(value, &m.raw); !m.plain {
		defer d.reset(nil)
		if rejection := d.split(value, &m.raw); rejection != nil {
			return Command{}, d.diagnose(value, rejection)
		}
	}
	command := m.command()
	if m.rejection != nil {
		m.rejection.OrderID, m.rejection.Account = d.readName(m.raw[fieldOrderID]), d.readName(m.raw[fieldAccount])
		return Command{}, m.rejection
	}
	return command, nil
}

// split reads the value as JSON and finds the value of each field, as a part of the whole. It stops at a
// fault.
func (d *Decoder) split(value []byte, raw *[fieldCount]jsontext.Value) *Rejection {
	d.reset(value)
	if kind := d.json.PeekKind(); kind != jsontext.KindBeginObject && kind != jsontext.KindInvalid {
		return reject(ReasonWrongType, "the value is %s; expected a JSON object", kindName(kind))
	}
	if _, err := d.json.ReadToken(); err != nil {
		return rejectJSON(err)
	}
	for d.json.PeekKind() != jsontext.KindEndObject {
		name, err := d.json.ReadValue()
		if err != nil {
			return rejectJSON(err)
		}
		f, known := fieldNamed(d.unquote(name))
		if !known {
			return reject(ReasonUnknownField, "the field %s is unknown; expected only %s",
				quote(d.unquote(name)), strings.Join(fieldNames[:], ", "))
		}
		content, err := d.json.ReadValue()
		if err != nil {
			return rejectJSON(err)
		}
		end := d.json.InputOffset()
		raw[f] = value[end-int64(len(content)) : end]
	}
	if _, err := d.json.ReadToken(); err != nil {
		return rejectJSON(err)
	}
	if _, err := d.json.ReadToken(); !errors.Is(err, io.EOF) {
		return rejectJSON(err)
	}
	return nil
}

// unquote returns the text of a valid JSON string; it is good until the next call.
func (d *Decoder) unquote(quoted jsontext.Value) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	d.scratch, _ = jsontext.AppendUnquote(d.scratch[:0], quoted) // it has been read, so it is valid
	return d.scratch
}

// blockSize is how many bytes of names are allocated at once: those of some 80 commands.
const blockSize = 4096

// keep returns a copy of a name. Copies share blocks of memory, as they come and go together, by the batch: the
// collector has a block to look after where it had two strings of each command. What is written to a Builder
// never changes again, and one that has room for a name does not move the others.
func (d *Decoder) keep(name []byte) string {
	if d.block.Cap()-d.block.Len() < len(name) {
		d.block.Reset() // lets go of the full one, which lives on in its names
		d.block.Grow(blockSize)
	}
	start := d.block.Len()
	d.block.Write(name)
	return d.block.String()[start:]
}

// reset makes the decoder read the value; with nil it lets go of the last one.
func (d *Decoder) reset(value []byte, options ...jsontext.Options) {
	d.source = *bytes.NewBuffer(value)
	d.json.Reset(&d.source, options...)
}
