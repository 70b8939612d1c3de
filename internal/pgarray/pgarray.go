// Package pgarray encodes bigint[] and text[] for statements that get thousands of
// elements: pgx puts each element of a slice on the heap, and takes ten times as long.
package pgarray

import (
	"encoding/binary"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// Register has a connection encode []int64 and []string by this package. What else
// can be an array is encoded as before, and all are decoded so.
func Register(types *pgtype.Map) {
	for _, array := range []struct {
		name         string
		oid, element uint32
		plan         func(value any) pgtype.EncodePlan
	}{
		{"_int8", pgtype.Int8ArrayOID, pgtype.Int8OID, planBigints},
		{"_text", pgtype.TextArrayOID, pgtype.TextOID, planTexts},
	} {
		element, _ := types.TypeForOID(array.element) // pgx knows both
		types.RegisterType(&pgtype.Type{Name: array.name, OID: array.oid,
			Codec: codec{&pgtype.ArrayCodec{ElementType: element}, array.plan}})
	}
}

// codec is pgx's, but for slices that plan knows.
type codec struct {
	*pgtype.ArrayCodec
	plan func(value any) pgtype.EncodePlan
}

// PlanEncode plans how to encode the value.
func (c codec) PlanEncode(types *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if format == pgtype.BinaryFormatCode {
		if plan := c.plan(value); plan != nil {
			return plan
		}
	}
	return c.ArrayCodec.PlanEncode(types, oid, format, value)
}

func planBigints(value any) pgtype.EncodePlan {
	if _, ok := value.([]int64); !ok {
		return nil
	}
	return bigints{}
}

type bigints struct{}

// Encode appends a []int64.
func (bigints) Encode(value any, buf []byte) ([]byte, error) {
	elements := value.([]int64)
	buf = header(buf, pgtype.Int8OID, len(elements), 12*len(elements))
	for _, element := range elements {
		buf = binary.BigEndian.AppendUint32(buf, 8)
		buf = binary.BigEndian.AppendUint64(buf, uint64(element)) //nolint:gosec // the same 64 bits
	}
	return buf, nil
}

func planTexts(value any) pgtype.EncodePlan {
	if _, ok := value.([]string); !ok {
		return nil
	}
	return texts{}
}

type texts struct{}

// Encode appends a []string.
func (texts) Encode(value any, buf []byte) ([]byte, error) {
	elements := value.([]string)
	size := 4 * len(elements)
	for _, element := range elements {
		size += len(element)
	}
	buf = header(buf, pgtype.TextOID, len(elements), size)
	for _, element := range elements {
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(element))) //nolint:gosec // a text has at most 1 GB
		buf = append(buf, element...)
	}
	return buf, nil
}

// header appends what an array of one dimension begins with (Postgres, array_recv):
// how many dimensions, whether there are NULLs, the type, the length, the lower bound.
// It makes room for the elements, too, of which there are size bytes.
func header(buf []byte, element uint32, length, size int) []byte {
	buf = slices.Grow(buf, 20+size)
	for _, field := range [...]uint32{1, 0, element, uint32(length), 1} { //nolint:gosec // an array has at most 1 GB
		buf = binary.BigEndian.AppendUint32(buf, field)
	}
	return buf
}
