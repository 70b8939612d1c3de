package accounts

import (
	"fmt"
	"strings"
	"testing"

	"deductor/internal/pgtest"
)

// BenchmarkImport imports 100,000 accounts into an empty database.
func BenchmarkImport(b *testing.B) {
	const rows = 100_000
	var file strings.Builder
	file.WriteString("account,currency,balance\n")
	for i := range rows {
		fmt.Fprintf(&file, "customer-%08d,USD,%d.%02d\n", i, i, i%100)
	}
	for b.Loop() {
		b.StopTimer()
		db := pgtest.New(b).Pool
		b.StartTimer()
		if _, err := Import(b.Context(), db, "a.csv", strings.NewReader(file.String()), func(int) {}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
