SELECT t.id, t.debit_account, t.credit_account, t.amount, t.credit_stripe, t.reference, t.posted_at
  FROM transfer t
  JOIN unnest($1::bigint[], $2::bigint[]) AS k (debit_account, id) USING (debit_account, id)
