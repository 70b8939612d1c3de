package dedupe_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/dedupe"
	"deductor/internal/pgtest"
	"deductor/ledger"
)

// paymentRequest is one HTTP call. Its fields are the fingerprint, and are kept when
// it is declined.
type paymentRequest struct {
	OrderID string `json:"order_id"`
	Attempt int32  `json:"attempt"`
	Account string `json:"account"`
	Amount  int64  `json:"amount_minor"`
}

// answer debits the account unless the order was answered before, all on one
// transaction. The order of the steps matters.
func (r paymentRequest) answer(ctx context.Context, tx pgx.Tx) (
	verdict dedupe.Verdict, answer dedupe.Record, err error,
) {
	payment := ledger.Payment{Account: r.Account, CreditAccount: ledger.SettlementName("USD"), Currency: "USD",
		Amount: r.Amount, Reference: r.OrderID}
	// Lock first: what is read after it is what the last holder has left.
	book, err := ledger.Lock(ctx, tx, payment)
	if err != nil {
		return 0, answer, err
	}
	orders, err := dedupe.Find(ctx, tx, r.OrderID)
	if err != nil {
		return 0, answer, err
	}
	answer = dedupe.Record{OrderID: r.OrderID, Attempt: r.Attempt,
		Fingerprint: dedupe.FingerprintOf(r.Account, strconv.FormatInt(r.Amount, 10))}
	verdict, known := orders.Decide(r.OrderID, r.Attempt, answer.Fingerprint)
	if known != nil {
		return verdict, *known, nil
	}
	transfer, err := book.Transfer(payment)
	var decline ledger.Decline
	switch {
	case err == nil:
		answer.Outcome = dedupe.Applied
		answer.Ref = dedupe.Ref{Owner: transfer.DebitAccount, ID: transfer.ID}
	case errors.As(err, &decline):
		answer.Outcome, answer.Reason = dedupe.Declined, string(decline)
		if answer.Request, err = json.Marshal(r); err != nil {
			return 0, answer, err
		}
	default:
		return 0, answer, err
	}
	orders.Record(answer)
	// Save before Post: settlement stripes are the last locks that anyone takes.
	if err := orders.Save(ctx, tx); err != nil {
		return 0, answer, err
	}
	return verdict, answer, book.Post(ctx, tx)
}

// payments is the handler. A transaction that meets another one is run again.
func payments(db *pgxpool.Pool) http.HandlerFunc {
	return func(w http.ResponseWriter, call *http.Request) {
		var request paymentRequest
		if err := json.NewDecoder(call.Body).Decode(&request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for {
			var verdict dedupe.Verdict
			var answer dedupe.Record
			err := pgx.BeginTxFunc(call.Context(), db, pgx.TxOptions{IsoLevel: pgx.ReadCommitted},
				func(tx pgx.Tx) (err error) {
					verdict, answer, err = request.answer(call.Context(), tx)
					return err
				})
			var refused *pgconn.PgError
			switch {
			case errors.As(err, &refused) && (refused.Code == "23505" || refused.Code == "40P01"):
				continue
			case err != nil:
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
			case verdict == dedupe.Conflict:
				http.Error(w, "order "+answer.OrderID+" was used for another payment", http.StatusConflict)
			case answer.Outcome == dedupe.Declined:
				http.Error(w, answer.Reason, http.StatusPaymentRequired)
			default:
				_, _ = fmt.Fprintln(w, "paid")
			}
			return
		}
	}
}

// Dedupe and ledger in one transaction, as an HTTP service would use them: a
// caller that got no reply calls again, and pays once.
func Example_payment() {
	ctx := context.Background()
	database, drop := pgtest.ForExample()
	defer drop()
	if err := pgx.BeginFunc(ctx, database.Pool, func(tx pgx.Tx) error {
		_, err := ledger.Create(ctx, tx, []ledger.NewAccount{
			{Name: "alice", Currency: "USD", Kind: ledger.Customer, Balance: 20_00},
			{Name: "bob", Currency: "USD", Kind: ledger.Customer, Balance: 8_00},
		})
		return err
	}); err != nil {
		log.Fatal(err)
	}
	call := func(body string) {
		reply := httptest.NewRecorder()
		payments(database.Pool)(reply, httptest.NewRequest(http.MethodPost, "/payments", strings.NewReader(body)))
		fmt.Print(reply.Code, " ", reply.Body)
	}
	call(`{"order_id":"ord-1","attempt":1,"account":"alice","amount_minor":1234}`)
	call(`{"order_id":"ord-1","attempt":1,"account":"alice","amount_minor":1234}`) // the reply was lost
	call(`{"order_id":"ord-1","attempt":1,"account":"alice","amount_minor":9999}`)
	call(`{"order_id":"ord-2","attempt":1,"account":"bob","amount_minor":1000}`)
	call(`{"order_id":"ord-2","attempt":2,"account":"bob","amount_minor":800}`)
	call(`{"order_id":"ord-2","attempt":1,"account":"bob","amount_minor":1000}`)

	accounts, err := ledger.Get(ctx, database.Pool, "alice", "bob")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("alice holds", accounts["alice"].Balance)
	fmt.Println("bob holds", accounts["bob"].Balance)
	// Output:
	// 200 paid
	// 200 paid
	// 409 order ord-1 was used for another payment
	// 402 insufficient_funds
	// 200 paid
	// 402 insufficient_funds
	// alice holds 766
	// bob holds 0
}
