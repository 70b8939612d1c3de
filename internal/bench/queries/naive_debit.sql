UPDATE account
   SET balance = balance - $3
 WHERE name = $1 AND currency = $2 AND kind = 'customer' AND closed_at IS NULL AND balance + overdraft_limit >= $3
RETURNING id
