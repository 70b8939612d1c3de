-- A record that is read again is the same dead letter.
INSERT INTO dead_letter (source_id, record_offset, record_timestamp, reason, detail, order_id, account, difference,
                         record_key, record_value, header_keys, header_values)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ON CONFLICT (source_id, record_offset) DO NOTHING
