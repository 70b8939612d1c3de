package main

import (
	"strings"
	"testing"

	"deductor/internal/topicaudit"
)

func TestAuditTopic(t *testing.T) {
	t.Parallel()
	env, kafka, db := settled(t)
	exec := func(sql string) {
		t.Helper()
		if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	const agreed = `partition 0: offsets 0 to 2 were compared
partition 1: offsets 0 to 1 were compared

5 records, 5 orders: 0 missing, 0 different, 0 extra
`
	if got := mustRun(t, env, "audit", "--topic-range", "all"); got != agreed {
		t.Errorf("it says\n%s\nwant\n%s", got, agreed)
	}
	// What no worker has read yet is not judged.
	kafka.Produce(t, 0, payments("unread", 2)...)
	exec("DELETE FROM processed WHERE order_id = 'a-0'")
	exec("UPDATE transfer SET amount = 101 WHERE reference = 'a-1'")
	exec("UPDATE processed SET fingerprint = decode(md5(''), 'hex') WHERE order_id = 'b-0'")
	exec(`INSERT INTO processed (order_id, attempt, fingerprint, outcome, ref_owner, ref_id, source_id, source_position)
		SELECT 'invented', 1, fingerprint, 1, ref_owner, ref_id, source_id, 0 FROM processed WHERE order_id = 'a-1'`)
	r := runCommand(t, env, "", "audit", "--topic-range", "all")
	r.expect(t, exitVerify, "topic payments and the ledger differ: 1 missing, 2 different, 1 extra")
	for _, want := range []string{
		"missing    0          0       a-0       attempt 1 has no recorded outcome",
		"different  0          1       a-1       amount_minor is \"101\" in transfer",
		"different  1          0       b-0       the order is recorded",
		"extra      0          0       invented  the order is recorded as decided by this offset",
	} {
		if !strings.Contains(strings.ReplaceAll(r.stdout, `\"`, `"`), want) {
			t.Errorf("it lacks %q:\n%s", want, r.stdout)
		}
	}

	var report topicaudit.Report
	mustRead(t, env, &report, "audit", "--topic-range", "1:1-,0:2-9")
	if !report.OK || report.Records != 2 || len(report.Partitions) != 2 || len(report.Warnings) != 1 {
		t.Errorf("%+v", report)
	}
	if err := kafka.Cluster.DeleteRecords(kafka.Topic, 0, 2); err != nil {
		t.Fatal(err)
	}
	mustRead(t, env, &report, "audit", "--topic-range", "0")
	if !report.OK || report.Records != 1 || !strings.Contains(strings.Join(report.Warnings, " "), "0 to 1 are no longer") {
		t.Errorf("%+v", report)
	}
	for args, said := range map[string]string{
		"0:5": "0:5", "7": "no partition 7", "x": "neither all nor", "0,0": "named twice", "0:5-5": "neither all",
	} {
		if r := runCommand(t, env, "", "audit", "--topic-range", args); r.code == 0 || !strings.Contains(r.stderr, said) {
			t.Errorf("%s: exit %d: %s", args, r.code, r.stderr)
		}
	}
	runCommand(t, with(env, "KAFKA_BROKERS", ""), "", "audit", "--topic-range", "all").
		expect(t, exitUsage, "DEDUCTOR_KAFKA_BROKERS")
}
