package settle_test

import (
	"math"
	"strings"
	"testing"

	"deductor/ledger"
)

// ground is a database on which one history runs after the other. Connections
// are kept between them: to open one costs more than most transactions.
type ground struct {
	b                  *bench
	accounts           []ledger.NewAccount
	empty              string // a backup from before anything happened
	workers, operators *lines
	// known is what all workers take accounts for, whatever became of them in other histories.
	known *ledger.Cache
}

func newGround(t *testing.T) *ground {
	t.Helper()
	g := &ground{known: ledger.NewCache(), accounts: []ledger.NewAccount{
		customer("alice", 200),
		customer("bob", 20),
		{Name: "lender", Currency: "USD", Kind: ledger.Customer, OverdraftLimit: 50},
		{Name: "euro", Currency: "EUR", Kind: ledger.Customer, Balance: 50},
		{Name: "shop", Currency: "USD", Kind: ledger.Settlement},
		{Name: "rich", Currency: "USD", Kind: ledger.Customer, Balance: math.MaxInt64 - 30}, // has little room
	}}
	g.b = newBench(t, g.accounts...)
	g.workers, g.operators = newLines(t, g.b), newLines(t, g.b.asAdmin())
	g.b.exec(backups)
	g.empty = g.b.row("SELECT back_up()::text")
	return g
}

// backups are functions that take all tables and sequences out of the database
// and put them back, as an operator does with a backup. Parents come before
// children.
var backups = strings.NewReplacer("%tables%",
	"'account', 'settlement_stripe', 'transfer', 'processed', 'declined_attempt', 'processed_horizon', "+
		"'source', 'watermark', 'dead_letter', 'dead_letter_action', 'partition_halt', 'partition_intervention'",
	"%sequences%",
	"'account_id_seq', 'processed_horizon_id_seq', 'source_id_seq', 'dead_letter_id_seq', "+
		"'dead_letter_action_id_seq', 'partition_intervention_id_seq', 'transfer_id_block'",
).Replace(`
	CREATE FUNCTION back_up() RETURNS jsonb LANGUAGE plpgsql AS $$
	DECLARE
	    everything jsonb := '{}';
	    part jsonb;
	    name text;
	BEGIN
	    FOREACH name IN ARRAY ARRAY[%tables%] LOOP
	        EXECUTE format('SELECT coalesce(jsonb_agg(x), ''[]'') FROM %I x', name) INTO part;
	        everything := everything || jsonb_build_object(name, part);
	    END LOOP;
	    FOREACH name IN ARRAY ARRAY[%sequences%] LOOP
	        EXECUTE format('SELECT to_jsonb(x) FROM (SELECT last_value, is_called FROM %I) x', name) INTO part;
	        everything := everything || jsonb_build_object(name, part);
	    END LOOP;
	    RETURN everything;
	END $$;
	CREATE FUNCTION put_back(everything jsonb) RETURNS void LANGUAGE plpgsql AS $$
	DECLARE
	    name text;
	BEGIN
	    -- What processes that died left behind may still be executed: each such
	    -- transaction locks one of these first.
	    LOCK TABLE watermark, dead_letter IN ACCESS EXCLUSIVE MODE;
	    PERFORM set_config('session_replication_role', 'replica', true); -- no foreign keys meanwhile
	    FOREACH name IN ARRAY ARRAY[%tables%] LOOP
	        EXECUTE format('DELETE FROM %I', name);
	        IF everything->name <> '[]' THEN
	            EXECUTE format('INSERT INTO %1$I OVERRIDING SYSTEM VALUE
	                            SELECT * FROM jsonb_populate_recordset(NULL::%1$I, $1)', name) USING everything->name;
	        END IF;
	    END LOOP;
	    FOREACH name IN ARRAY ARRAY[%sequences%] LOOP
	        PERFORM setval(name::regclass, (everything->name->>'last_value')::bigint,
	                       (everything->name->>'is_called')::boolean);
	    END LOOP;
	END $$`)
