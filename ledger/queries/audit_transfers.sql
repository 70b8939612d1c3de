-- Transfers with a side that is no account, or between two currencies, or
-- whose credited side is not of the kind that the transfer says.
SELECT format('transfer %s', t.id),
       format('debit account %s (%s), credit account %s (%s, %s)', t.debit_account, coalesce(d.currency, 'missing'),
              t.credit_account, coalesce(c.currency, 'missing'), coalesce(c.kind, 'missing'))
  FROM transfer t
  LEFT JOIN account d ON d.id = t.debit_account
  LEFT JOIN account c ON c.id = t.credit_account
 WHERE d.id IS NULL OR c.id IS NULL OR d.currency <> c.currency OR d.kind <> 'customer'
    OR (t.credit_stripe IS NULL) <> (c.kind = 'customer')
 ORDER BY t.id
 LIMIT $1
