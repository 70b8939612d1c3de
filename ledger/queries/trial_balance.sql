-- Sums are numeric: a currency's total may be more than one account can hold.
WITH stripes AS (
    SELECT account_id, sum(balance) AS balance FROM settlement_stripe GROUP BY account_id
), holding AS (
    SELECT a.currency, a.kind, a.opening_balance, a.balance + coalesce(s.balance, 0) AS balance
      FROM account a
      LEFT JOIN stripes s ON s.account_id = a.id
), totals AS (
    SELECT currency,
           count(*) AS accounts,
           sum(opening_balance::numeric) AS opening,
           sum(balance::numeric) FILTER (WHERE kind = 'customer') AS customers,
           sum(balance::numeric) FILTER (WHERE kind = 'settlement') AS settlement,
           sum(balance::numeric) - sum(opening_balance::numeric) AS difference
      FROM holding
     GROUP BY currency
)
SELECT currency, accounts, opening::text, coalesce(customers, 0)::text, coalesce(settlement, 0)::text,
       difference::text
  FROM totals
 ORDER BY currency
