package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/jackc/pgx/v5"

	"deductor/internal/pgtest"
	"deductor/ledger"
)

// A payment in a transaction of the caller's own, beside whatever else it does.
func Example() {
	ctx := context.Background()
	database, drop := pgtest.ForExample()
	defer drop()
	db := database.Pool

	// Once: an account. The currency's settlement account comes with it.
	if err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		_, err := ledger.Create(ctx, tx, []ledger.NewAccount{
			{Name: "alice", Currency: "USD", Kind: ledger.Customer, Balance: 50_00},
		})
		return err
	}); err != nil {
		log.Fatal(err)
	}

	// For each payment: lock, decide, write.
	pay := func(reference string, amount int64) error {
		payment := ledger.Payment{
			Account:       "alice",
			CreditAccount: ledger.SettlementName("USD"),
			Currency:      "USD",
			Amount:        amount,
			Reference:     reference,
		}
		return pgx.BeginTxFunc(ctx, db, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
			book, err := ledger.Lock(ctx, tx, payment)
			if err != nil {
				return err
			}
			if _, err := book.Transfer(payment); err != nil {
				return err
			}
			return book.Post(ctx, tx)
		})
	}
	fmt.Println("12.34 USD:", pay("ord-1", 12_34))
	err := pay("ord-2", 37_67)
	fmt.Println("37.67 USD:", err, errors.Is(err, ledger.InsufficientFunds))

	accounts, err := ledger.Get(ctx, db, "alice", ledger.SettlementName("USD"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("alice holds", accounts["alice"].Balance)
	fmt.Println("settlement:USD holds", accounts["settlement:USD"].Balance)
	// Output:
	// 12.34 USD: <nil>
	// 37.67 USD: insufficient_funds true
	// alice holds 3766
	// settlement:USD holds 1234
}

// The books, proved while others go on writing.
func ExampleAudit() {
	ctx := context.Background()
	database, drop := pgtest.ForExample()
	defer drop()
	moment := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	if err := pgx.BeginTxFunc(ctx, database.Pool, moment, func(tx pgx.Tx) error {
		checks, err := ledger.Audit(ctx, tx, 10)
		for _, check := range checks {
			fmt.Printf("%-19s %t  %s\n", check.Name, check.OK(), check.Question)
		}
		return err
	}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// account_balances    true  each customer's balance is its opening balance plus its transfers
	// settlement_balances true  each settlement stripe holds the sum of its transfers
	// overdraft_limits    true  no customer is below the overdraft limit
	// transfer_accounts   true  each transfer joins two accounts of one currency
	// trial_balance       true  debits equal credits in each currency
}
