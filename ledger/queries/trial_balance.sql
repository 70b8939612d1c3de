-- The sum of bigints is numeric: a currency's total may be more than one account
-- can hold. Cast before, each addition would be one of numerics, too.
WITH stripes AS (
    SELECT account_id, sum(balance) AS balance FROM settlement_stripe GROUP BY account_id
), totals AS (
    SELECT a.currency,
           count(*) AS accounts,
           sum(a.opening_balance) AS opening,
           coalesce(sum(a.balance) FILTER (WHERE a.kind = 'customer'), 0) AS customers,
           coalesce(sum(a.balance) FILTER (WHERE a.kind = 'settlement'), 0) + coalesce(sum(s.balance), 0) AS settlement,
           sum(a.balance) + coalesce(sum(s.balance), 0) - sum(a.opening_balance) AS difference
      FROM account a
      LEFT JOIN stripes s ON s.account_id = a.id
     GROUP BY a.currency
)
SELECT currency, accounts, opening::text, customers::text, settlement::text, difference::text
  FROM totals
 ORDER BY currency
