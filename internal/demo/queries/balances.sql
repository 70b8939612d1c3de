SELECT name, balance FROM account_balance
