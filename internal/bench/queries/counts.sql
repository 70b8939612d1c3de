SELECT (SELECT count(*) FROM processed WHERE outcome = 1),
       (SELECT count(*) FROM processed WHERE outcome <> 1 AND reason IS DISTINCT FROM 'prefilled'),
       (SELECT count(*) FROM transfer),
       (SELECT coalesce(sum(amount), 0)::bigint FROM transfer)
