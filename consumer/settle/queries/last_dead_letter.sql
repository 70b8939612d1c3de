SELECT coalesce(max(d.id), 0) FROM dead_letter d
