-- Stripes whose balance is not what their transfers make it.
WITH credited AS (
    SELECT credit_account AS account_id, credit_stripe AS stripe, sum(amount) AS amount
      FROM transfer
     WHERE credit_stripe IS NOT NULL
     GROUP BY credit_account, credit_stripe
)
SELECT coalesce(a.name, format('account id %s', account_id)),
       format('stripe %s holds %s, but its transfers make %s (minor units)',
              stripe, coalesce(s.balance, 0), coalesce(c.amount, 0))
  FROM settlement_stripe s
  FULL JOIN credited c USING (account_id, stripe)
  LEFT JOIN account a ON a.id = account_id
 WHERE coalesce(s.balance, 0) <> coalesce(c.amount, 0)
 ORDER BY account_id, stripe
 LIMIT $1
