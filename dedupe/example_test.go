package dedupe_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"deductor/dedupe"
	"deductor/internal/pgtest"
)

// A parcel is sent once for an order, however often the order comes in.
func Example() {
	ctx := context.Background()
	database, drop := pgtest.ForExample()
	defer drop()
	if _, err := database.Pool.Exec(ctx,
		"CREATE TABLE parcel (id bigint GENERATED ALWAYS AS IDENTITY, address text NOT NULL)"); err != nil {
		log.Fatal(err)
	}

	send := func(tx pgx.Tx, orderID, address string) (string, error) {
		orders, err := dedupe.Find(ctx, tx, orderID)
		if err != nil {
			return "", err
		}
		fingerprint := dedupe.FingerprintOf(address)
		verdict, known := orders.Decide(orderID, 1, fingerprint)
		switch verdict {
		case dedupe.Duplicate:
			return fmt.Sprintf("parcel %d was sent", known.Ref.ID), nil
		case dedupe.Conflict:
			return fmt.Sprintf("order %s was for another address", orderID), nil
		}
		answer := dedupe.Record{OrderID: orderID, Attempt: 1, Fingerprint: fingerprint, Outcome: dedupe.Applied}
		if err := tx.QueryRow(ctx, "INSERT INTO parcel (address) VALUES ($1) RETURNING id", address).
			Scan(&answer.Ref.ID); err != nil {
			return "", err
		}
		orders.Record(answer)
		return fmt.Sprintf("parcel %d is on its way", answer.Ref.ID), orders.Save(ctx, tx)
	}
	// Whoever loses a race for an order asks again, and is told the answer.
	handle := func(orderID, address string) (result string) {
		for {
			err := pgx.BeginFunc(ctx, database.Pool, func(tx pgx.Tx) (err error) {
				result, err = send(tx, orderID, address)
				return err
			})
			var refused *pgconn.PgError
			if errors.As(err, &refused) && refused.Code == "23505" { // unique_violation
				continue
			}
			if err != nil {
				log.Fatal(err)
			}
			return result
		}
	}
	fmt.Println(handle("ord-1", "12 Main Street"))
	fmt.Println(handle("ord-1", "12 Main Street"))
	fmt.Println(handle("ord-1", "4 Side Street"))
	fmt.Println(handle("ord-2", "4 Side Street"))
	// Output:
	// parcel 1 is on its way
	// parcel 1 was sent
	// order ord-1 was for another address
	// parcel 2 is on its way
}
