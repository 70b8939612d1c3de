SELECT t.reference, coalesce(d.name, ''), coalesce(c.name, ''), coalesce(d.currency, ''), t.amount
  FROM transfer t
  LEFT JOIN account d ON d.id = t.debit_account
  LEFT JOIN account c ON c.id = t.credit_account
