-- Answered from dead_letter_open_reason_idx alone.
SELECT reason, count(*) FROM dead_letter WHERE resolution IS NULL GROUP BY reason
