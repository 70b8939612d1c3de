package ledger_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/ledger"
)

// audited is a bank with payments of every kind.
func audited(t *testing.T) *pgxpool.Pool {
	t.Helper()
	db := bank(t, customer("alice", 1000), customer("bob", 0), customer("idle", 5),
		ledger.NewAccount{Name: "euro", Currency: "EUR", Kind: ledger.Customer, Balance: 50},
		ledger.NewAccount{Name: "settlement:fees", Currency: "USD", Kind: ledger.Settlement, Balance: 77})
	euro := payTo("euro", "settlement:EUR", 5)
	euro.Currency = "EUR"
	for i, payment := range []ledger.Payment{
		pay("alice", 100), payTo("alice", "bob", 30), pay("bob", 10), payTo("bob", "settlement:fees", 1), euro,
	} {
		tx, err := beginOn(t, db, int16(i%2), "0", payment)
		if err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// damages are done by SQL; findings are all that the audit must then say, as
// check and subject.
var damages = map[string]struct {
	sql      string
	findings []string
}{
	"none": {"SELECT", nil},
	"a balance changed": {
		"UPDATE account SET balance = balance + 1 WHERE name = 'alice'",
		[]string{"account_balances alice", "trial_balance USD"},
	},
	"an idle account's balance changed": {
		"UPDATE account SET balance = balance + 1 WHERE name = 'idle'",
		[]string{"account_balances idle", "trial_balance USD"},
	},
	"money moved without a transfer": {
		`UPDATE account SET balance = balance + CASE name WHEN 'alice' THEN -1 ELSE 1 END
          WHERE name IN ('alice', 'bob')`,
		[]string{"account_balances alice", "account_balances bob"},
	},
	"an opening balance changed": {
		"UPDATE account SET opening_balance = 0 WHERE name = 'alice'",
		[]string{"account_balances alice", "trial_balance USD"},
	},
	"a stripe changed": {
		"UPDATE settlement_stripe SET balance = balance + 1 WHERE balance = 110",
		[]string{"settlement_balances settlement:USD", "trial_balance USD"},
	},
	"a stripe deleted": {
		"DELETE FROM settlement_stripe WHERE balance = 110",
		[]string{"settlement_balances settlement:USD", "trial_balance USD"},
	},
	"a stripe added": {
		"INSERT INTO settlement_stripe (account_id, stripe, balance) SELECT id, 4, 7 FROM account WHERE name = 'idle'",
		[]string{"settlement_balances idle", "trial_balance USD"},
	},
	"a transfer to a customer deleted": {
		"DELETE FROM transfer WHERE reference = 'alice pays bob'",
		[]string{"account_balances alice", "account_balances bob"},
	},
	"a transfer to a settlement account deleted": {
		"DELETE FROM transfer WHERE reference = 'alice pays settlement:USD'",
		[]string{"account_balances alice", "settlement_balances settlement:USD"},
	},
	"a transfer's amount changed": {
		"UPDATE transfer SET amount = amount + 1 WHERE reference = 'bob pays settlement:fees'",
		[]string{"account_balances bob", "settlement_balances settlement:fees"},
	},
	"a transfer's stripe changed": {
		"UPDATE transfer SET credit_stripe = 1 WHERE reference = 'alice pays settlement:USD'",
		[]string{"settlement_balances settlement:USD", "settlement_balances settlement:USD"},
	},
	"a customer credited on a stripe": {
		"UPDATE transfer SET credit_stripe = 0 WHERE reference = 'alice pays bob'",
		[]string{"account_balances bob", "settlement_balances bob", "transfer_accounts transfer 10001"},
	},
	"a settlement account credited on no stripe": {
		"UPDATE transfer SET credit_stripe = NULL WHERE reference = 'alice pays settlement:USD'",
		[]string{"account_balances settlement:USD", "settlement_balances settlement:USD", "transfer_accounts transfer 1"},
	},
	"a settlement account debited": {
		`UPDATE transfer SET debit_account = (SELECT id FROM account WHERE name = 'settlement:fees')
          WHERE reference = 'bob pays settlement:USD';
         UPDATE account SET balance = balance + 10 WHERE name = 'bob'`,
		[]string{"account_balances settlement:fees", "transfer_accounts transfer 20001", "trial_balance USD"},
	},
	"below the overdraft limit": {
		`ALTER TABLE account DROP CONSTRAINT account_within_overdraft;
         UPDATE account SET opening_balance = -1, balance = -1 WHERE name = 'idle'`,
		[]string{"overdraft_limits idle"},
	},
	"another currency": {
		"UPDATE account SET currency = 'EUR' WHERE name = 'settlement:fees'",
		[]string{"transfer_accounts transfer 30001", "trial_balance EUR", "trial_balance USD"},
	},
	"a paying account deleted": {
		"DELETE FROM account WHERE name = 'euro'",
		[]string{"transfer_accounts transfer 40001", "trial_balance EUR"},
	},
	"a paid account deleted": {
		"DELETE FROM account WHERE name = 'settlement:fees'",
		[]string{"transfer_accounts transfer 30001", "trial_balance USD"},
	},
}

func TestPromise5_AuditFindsEachDamage(t *testing.T) {
	t.Parallel()
	db := audited(t)
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			tx, err := db.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback(t.Context()) }()
			if _, err := tx.Exec(t.Context(), damage.sql); err != nil {
				t.Fatal(err)
			}
			checks, err := ledger.Audit(t.Context(), tx, 100)
			if err != nil {
				t.Fatal(err)
			}
			var found []string
			for _, check := range checks {
				if check.OK() != (len(check.Findings) == 0) {
					t.Errorf("%s: OK is %t with findings %v", check.Name, check.OK(), check.Findings)
				}
				for _, finding := range check.Findings {
					found = append(found, check.Name+" "+finding.Subject)
					t.Logf("%s: %s: %s", check.Name, finding.Subject, finding.Detail)
				}
			}
			if !slices.Equal(found, damage.findings) {
				t.Errorf("found %q, want %q", found, damage.findings)
			}
		})
	}
}

func TestAuditNamesItsChecks(t *testing.T) {
	t.Parallel()
	db := audited(t)
	commit(t, db, func(tx pgx.Tx) error {
		checks, err := ledger.Audit(t.Context(), tx, 100)
		var names []string
		for _, check := range checks {
			names = append(names, check.Name)
			if check.Question == "" {
				t.Errorf("%s asks nothing", check.Name)
			}
		}
		want := []string{"account_balances", "settlement_balances", "overdraft_limits", "transfer_accounts", "trial_balance"}
		if !slices.Equal(names, want) {
			t.Errorf("checks %q, want %q", names, want)
		}
		return err
	})
}

func TestAuditGivesSoManyFindings(t *testing.T) {
	t.Parallel()
	db := audited(t)
	if _, err := db.Exec(t.Context(), "UPDATE account SET balance = balance + 1 WHERE kind = 'customer'"); err != nil {
		t.Fatal(err)
	}
	commit(t, db, func(tx pgx.Tx) error {
		checks, err := ledger.Audit(t.Context(), tx, 3)
		if err == nil && len(checks[0].Findings) != 3 {
			t.Errorf("%d findings of four, want 3", len(checks[0].Findings))
		}
		return err
	})
}
