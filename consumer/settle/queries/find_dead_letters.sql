-- Records of the slices that were set aside and not requeued. LATERAL, so that
-- each slice asks the unique index for its range, whatever the planner knows.
SELECT d.source_id, d.record_offset
  FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) AS s (source_id, start_offset, end_offset)
 CROSS JOIN LATERAL (SELECT l.source_id, l.record_offset
                       FROM dead_letter l
                      WHERE l.source_id = s.source_id AND l.record_offset >= s.start_offset
                        AND l.record_offset < s.end_offset AND l.resolution IS DISTINCT FROM 'requeued'
                     OFFSET 0) d
