-- Customers whose balance is not what their transfers make it.
WITH moved AS (
    SELECT account_id, sum(amount) AS amount
      FROM (SELECT debit_account AS account_id, -amount::numeric AS amount FROM transfer
            UNION ALL
            SELECT credit_account, amount FROM transfer WHERE credit_stripe IS NULL) AS side
     GROUP BY account_id
)
SELECT a.name,
       format('balance %s, but opening balance and transfers make %s (minor units of %s)',
              a.balance, a.opening_balance + coalesce(m.amount, 0), a.currency)
  FROM account a
  LEFT JOIN moved m ON m.account_id = a.id
 WHERE a.balance <> a.opening_balance + coalesce(m.amount, 0)
 ORDER BY a.name
 LIMIT $1
