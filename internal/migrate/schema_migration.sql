CREATE TABLE IF NOT EXISTS schema_migration (
    component  text        COLLATE "C" NOT NULL,
    version    integer     NOT NULL,
    name       text        NOT NULL,
    checksum   text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT schema_migration_pkey PRIMARY KEY (component, version),
    CONSTRAINT schema_migration_version_positive CHECK (version > 0),
    CONSTRAINT schema_migration_checksum_is_sha256 CHECK (checksum ~ '^[0-9a-f]{64}$')
);

COMMENT ON TABLE schema_migration IS 'Migrations that ran, one row each. Workers refuse to start when it does not say what they need.';
COMMENT ON COLUMN schema_migration.component IS 'The package that owns the tables: dedupe, ledger or settle.';
COMMENT ON COLUMN schema_migration.version IS 'The migration''s number within its component; they run in this order.';
COMMENT ON COLUMN schema_migration.name IS 'What it is about, from its file''s name.';
COMMENT ON COLUMN schema_migration.checksum IS 'SHA-256 of the file that ran, in hexadecimal: another one now means that the file was changed afterwards.';
COMMENT ON COLUMN schema_migration.applied_at IS 'When it ran.';
