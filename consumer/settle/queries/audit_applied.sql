-- Applied orders whose transfer is missing or was made for something else.
SELECT format('order %s', p.order_id),
       CASE WHEN t.id IS NULL
            THEN format('its transfer %s of account id %s does not exist', p.ref_id, p.ref_owner)
            ELSE format('its transfer %s was made for %s', t.id, t.reference) END
  FROM processed p
  LEFT JOIN transfer t ON t.debit_account = p.ref_owner AND t.id = p.ref_id
 WHERE p.outcome = 1 AND t.reference IS DISTINCT FROM p.order_id
 ORDER BY p.order_id
 LIMIT $1
