-- How many records were read for good: logs begin at 0 and have no gaps.
SELECT coalesce(sum(next_offset), 0)::bigint FROM watermark
