SELECT (SELECT count(*) FROM floor_processed), (SELECT count(*) FROM floor_transfer)
