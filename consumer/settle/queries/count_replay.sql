UPDATE replay_partition p
   SET next_offset = c.next_offset,
       records = p.records + c.already_answered + c.already_set_aside + c.applied + c.declined + c.conflicts
               + c.other_letters,
       already_answered = p.already_answered + c.already_answered,
       already_set_aside = p.already_set_aside + c.already_set_aside,
       applied = p.applied + c.applied,
       declined = p.declined + c.declined,
       conflicts = p.conflicts + c.conflicts,
       other_letters = p.other_letters + c.other_letters,
       updated_at = now(),
       finished_at = CASE WHEN c.next_offset = p.until_offset THEN now() END
  FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
              $8::bigint[], $9::bigint[])
       AS c (replay_id, partition, next_offset, already_answered, already_set_aside, applied, declined, conflicts,
             other_letters)
 WHERE p.replay_id = c.replay_id AND p.partition = c.partition AND p.finished_at IS NULL
