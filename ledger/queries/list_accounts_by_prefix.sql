-- A range of the names' index: chr(1114111) is the last character that there is.
SELECT b.id, b.name, b.currency, b.kind, b.opening_balance, b.balance, b.overdraft_limit, b.created_at,
       b.closed_at
  FROM account_balance b
 WHERE b.name >= $1 AND b.name < $1 || repeat(chr(1114111), 2) AND b.name > $2
 ORDER BY b.name
 LIMIT $3
