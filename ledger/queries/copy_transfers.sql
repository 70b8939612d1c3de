COPY transfer (id, debit_account, credit_account, amount, credit_stripe, reference)
FROM STDIN (FORMAT binary)
