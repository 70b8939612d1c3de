package dedupe

import (
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Request is what asks for an answer.
type Request struct {
	OrderID     string
	Fingerprint Fingerprint
}

// QueueMatch queues a look for requests that are expected to be answered already, in place
// of [Register.QueueFind], which costs more for thousands of them. What it finds says
// [Register.Matched]; the others are to be found then.
func (r *Register) QueueMatch(batch *pgx.Batch, requests []Request) {
	places := make([]int, len(requests))
	for i := range places {
		places[i] = i
	}
	places = sorted(places, func(place int) string { return requests[place].OrderID })
	ids := make([]string, len(places))
	for i, place := range places {
		ids[i] = requests[place].OrderID
	}
	r.matched = make([]bool, len(requests))
	batch.Queue(matchSQL, ids).Query(func(rows pgx.Rows) error {
		next := 0 // rows mostly come in the order of the index
		var id, fingerprint pgtype.DriverBytes
		_, err := pgx.ForEachRow(rows, []any{&id, &fingerprint}, func() error {
			if next == len(ids) || ids[next] != string(id) {
				next, _ = slices.BinarySearch(ids, string(id))
			}
			for ; next < len(ids) && ids[next] == string(id); next++ {
				place := places[next]
				r.matched[place] = string(requests[place].Fingerprint[:]) == string(fingerprint)
			}
			return nil
		})
		return err
	})
}

// Matched tells whether the request at that place of [Register.QueueMatch] is for an order
// that was applied at its first attempt, as it asks for: then its verdict is [Duplicate],
// whatever its attempt, and stays so.
func (r *Register) Matched(place int) bool { return r.matched != nil && r.matched[place] }
