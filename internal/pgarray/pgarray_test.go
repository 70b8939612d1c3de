package pgarray_test

import (
	"bytes"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"

	"deductor/internal/pgarray"
)

func registered() *pgtype.Map {
	types := pgtype.NewMap()
	pgarray.Register(types)
	return types
}

// Arrays are sent as pgx sends them.
func TestEncoding(t *testing.T) {
	t.Parallel()
	least := int64(-1 << 63)
	for name, array := range map[string]struct {
		oid   uint32
		value any
	}{
		"bigints":           {pgtype.Int8ArrayOID, []int64{least, -1, 0, 1<<63 - 1}},
		"no bigints":        {pgtype.Int8ArrayOID, []int64{}},
		"no array":          {pgtype.Int8ArrayOID, []int64(nil)},
		"bigints and NULL":  {pgtype.Int8ArrayOID, []*int64{&least, nil}},
		"integers":          {pgtype.Int4ArrayOID, []int32{1, 2}},
		"texts":             {pgtype.TextArrayOID, []string{"", "é", `"NULL"`, "a,b"}},
		"no texts":          {pgtype.TextArrayOID, []string{}},
		"no array of texts": {pgtype.TextArrayOID, []string(nil)},
		"texts and NULL":    {pgtype.TextArrayOID, []*string{nil}},
		"bytes":             {pgtype.ByteaArrayOID, [][]byte{{1}, nil}},
	} {
		for _, format := range []int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode} {
			want, err := pgtype.NewMap().Encode(array.oid, format, array.value, []byte("before"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := registered().Encode(array.oid, format, array.value, []byte("before"))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, format %d: encoded as\n%x, %v; want\n%x", name, format, got, err, want)
			}
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	bigints, texts := make([]int64, 5000), make([]string, 5000)
	for i := range bigints {
		bigints[i], texts[i] = int64(i)<<32, "account-"+strconv.Itoa(i)
	}
	for name, types := range map[string]*pgtype.Map{"pgx": pgtype.NewMap(), "pgarray": registered()} {
		for kind, array := range map[string]struct {
			oid   uint32
			value any
		}{
			"bigints": {pgtype.Int8ArrayOID, bigints},
			"texts":   {pgtype.TextArrayOID, texts},
		} {
			b.Run(kind+"/"+name, func(b *testing.B) {
				var buffer []byte
				b.ReportAllocs()
				for b.Loop() {
					var err error
					if buffer, err = types.Encode(array.oid, pgtype.BinaryFormatCode, array.value, buffer[:0]); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
