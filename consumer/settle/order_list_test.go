package settle_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"deductor/consumer/settle"
)

func TestOrders(t *testing.T) {
	t.Parallel()
	db := settled(t,
		`{"order_id":"a-1","account":"alice","amount":"1.00","currency":"USD"}`,
		`{"order_id":"a-2","account":"alice","amount":"99.00","currency":"USD"}`,
		`{"order_id":"a-3","account":"alice","amount":0,"currency":"USD"}`,
		`{"order_id":"a-3","account":"bob","amount":"0","currency":"USD"}`,
		`{"order_id":"a-4","account":"bob","amount":"2.00","currency":"USD","credit_account":"alice","attempt":3}`,
		`{"order_id":"a-1","account":"alice","amount":"0","currency":"USD"}`,
		`{"order_id":"b","account":"nobody","amount":"7","currency":"JPY"}`,
	)
	lines := map[string]string{
		"a-1": "a-1 1 applied  100 USD alice>settlement:USD true",
		"a-2": "a-2 1 declined insufficient_funds 9900 USD alice>settlement:USD false",
		"a-3": "a-3 0 outcome 0 amount_not_positive 0  bob> false",
		"a-4": "a-4 3 applied  200 USD bob>alice true",
		"b":   "b 1 declined account_not_found 7 JPY nobody>settlement:JPY false",
	}
	for _, row := range []struct {
		prefix, after string
		limit         int
		want          []string
	}{
		{"", "", 10, []string{"a-1", "a-2", "a-3", "a-4", "b"}},
		{"a", "", 2, []string{"a-1", "a-2"}},
		{"a", "a-2", 2, []string{"a-3", "a-4"}},
		{"a", "a-2", 1, []string{"a-3"}},
		{"a-4", "", 10, []string{"a-4"}},
		{"", "a-4", 10, []string{"b"}},
		{"c", "", 10, nil},
	} {
		found, err := settle.Orders(t.Context(), db.Pool, row.prefix, row.after, row.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got, want []string
		for _, o := range found {
			got = append(got, fmt.Sprintf("%s %d %v %s %d %s %s>%s %t", o.ID, o.Attempt, o.Outcome, o.Reason, o.Amount,
				o.Currency, o.Account, o.CreditAccount, o.TransferID > 0))
		}
		for _, id := range row.want {
			want = append(want, lines[id])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v:\n%q, want\n%q", row, got, want)
		}
	}
}

func TestCountOpenDeadLetters(t *testing.T) {
	t.Parallel()
	db := settled(t, "?", `{"order_id":"a"}`, "?", "?")
	letters, err := settle.DeadLetters(t.Context(), db.Pool, settle.DeadLetterFilter{})
	if err != nil || len(letters) != 4 {
		t.Fatal(letters, err)
	}
	if _, err := settle.Discard(t.Context(), db.Pool, []int64{letters[0].ID, letters[1].ID},
		settle.NewHandling("me", "test")); err != nil {
		t.Fatal(err)
	}
	got, err := settle.CountOpenDeadLetters(t.Context(), db.Pool)
	want := []settle.OpenLetters{{Reason: "invalid_json", Count: 2, Oldest: letters[2].ID}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("open are %+v, %v, want %+v", got, err, want)
	}
}
