-- How many customers' balances are not what their transfers make them, and how
-- many transfers are of no applied order.
SELECT (SELECT count(*)
          FROM account a
          LEFT JOIN (SELECT debit_account, sum(amount) AS amount FROM transfer GROUP BY debit_account) t
                 ON t.debit_account = a.id
         WHERE a.kind = 'customer' AND a.balance <> a.opening_balance - coalesce(t.amount, 0)),
       (SELECT count(*)
          FROM transfer t
          LEFT JOIN processed p ON p.order_id = t.reference AND p.outcome = 1
         WHERE p.order_id IS NULL)
