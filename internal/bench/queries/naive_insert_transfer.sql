INSERT INTO transfer (debit_account, credit_account, amount, reference) VALUES ($1, $2, $3, $4)
