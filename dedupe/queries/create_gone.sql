CREATE TEMPORARY TABLE gone_source (
    source_id integer NOT NULL,
    below     bigint  NOT NULL,
    CONSTRAINT gone_source_pkey PRIMARY KEY (source_id)
)
