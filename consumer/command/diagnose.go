package command

import (
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// diagnose completes the rejection of a value that split left unfinished: it reads on to the value's end, so
// that an order_id and an account are found wherever they stand, and a value that is not one JSON text is
// called just that.
func (d *Decoder) diagnose(value []byte, rejection *Rejection) *Rejection {
	d.reset(value, jsontext.AllowDuplicateNames(true))
	names, err := d.names()
	for err == nil {
		_, err = d.json.ReadToken()
	}
	if _, texts := d.json.StackIndex(0); !errors.Is(err, io.EOF) || texts != 1 {
		rejection = rejectJSON(err)
	}
	rejection.OrderID, rejection.Account = only(names[fieldOrderID]), only(names[fieldAccount])
	return rejection
}

// only is the text of a list that holds no other.
func only(texts []string) string {
	if len(texts) != 1 {
		return ""
	}
	return texts[0]
}

// names reads a value up to its closing brace, if it is an object, and returns each order_id and each account,
// "" for an invalid one.
func (d *Decoder) names() (found [fieldCount][]string, err error) {
	if d.json.PeekKind() != jsontext.KindBeginObject {
		return found, nil
	}
	if _, err := d.json.ReadToken(); err != nil {
		return found, err
	}
	for d.json.PeekKind() != jsontext.KindEndObject {
		name, err := d.json.ReadValue()
		if err != nil {
			return found, err
		}
		f, known := fieldNamed(d.unquote(name))
		content, err := d.json.ReadValue()
		if err != nil {
			return found, err
		}
		if known && (f == fieldOrderID || f == fieldAccount) {
			found[f] = append(found[f], d.readName(content))
		}
	}
	return found, nil
}

// rejectJSON turns what the JSON decoder said, or io.EOF or nil where it should have said the other, into a
// rejection.
func rejectJSON(err error) *Rejection {
	var syntax *jsontext.SyntacticError
	switch {
	case err == nil:
		return reject(ReasonInvalidJSON, "something follows the JSON object; expected nothing more")
	case !errors.As(err, &syntax):
		return reject(ReasonInvalidJSON, "the value holds white space only; expected a JSON object")
	case errors.Is(err, jsontext.ErrDuplicateName):
		name := strings.TrimPrefix(string(syntax.JSONPointer), "/")
		return reject(ReasonDuplicateField, "the field %s occurs more than once; expected it once", quote(name))
	}
	return reject(ReasonInvalidJSON, "not a JSON text from byte %d on: %v", syntax.ByteOffset, syntax.Err)
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case jsontext.KindString:
		return "a JSON string"
	case jsontext.KindNumber:
		return "a JSON number"
	case jsontext.KindBeginObject:
		return "a JSON object"
	case jsontext.KindBeginArray:
		return "a JSON array"
	default:
		return "the JSON literal " + kind.String()
	}
}
