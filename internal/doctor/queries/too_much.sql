-- Whether the role could take back what was paid.
SELECT has_table_privilege('processed', 'DELETE') OR has_table_privilege('transfer', 'DELETE, UPDATE')
