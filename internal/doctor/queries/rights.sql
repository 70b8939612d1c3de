-- Which of the rights the role lacks.
SELECT g.privilege || CASE WHEN g.part <> '' THEN ' (' || g.part || ')' ELSE '' END || ' on ' || g.object
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) g (kind, object, part, privilege)
 WHERE NOT CASE g.kind
               WHEN 'SEQUENCE' THEN has_sequence_privilege(g.object, g.privilege)
               WHEN 'FUNCTION' THEN has_function_privilege(g.object, g.privilege)
               WHEN 'COLUMN' THEN has_column_privilege(g.object, g.part, g.privilege)
               ELSE has_table_privilege(g.object, g.privilege)
           END
 ORDER BY 1
