package command_test

import (
	"strings"
	"testing"

	"deductor/consumer/command"
)

func BenchmarkDecode(b *testing.B) {
	for _, message := range []struct {
		name, value string
		ok          bool
	}{
		{"usual", `{"order_id":"ord-0000000001","account":"acc-000042","amount":"12.34","currency":"USD"}`, true},
		{"full", `{"order_id":"ord-0000000001","account":"acc-000042","amount_minor":1234,"currency":"USD",` +
			`"credit_account":"merchant-7","attempt":2,"occurred_at":"2026-01-31T23:59:59Z",` +
			`"metadata":{"till":"4"}}`, true},
		{"note", `{"order_id":"ord-0000000001","account":"acc-000042","amount":"12.34","currency":"USD",` +
			`"metadata":{"note":"` + strings.Repeat("n", 1800) + `"}}`, true},
		{"rejected", `{"order_id":"ord-0000000001","account":"acc-000042","amount":"12.34","amt":1}`, false},
	} {
		value := []byte(message.value)
		b.Run(message.name, func(b *testing.B) {
			var d command.Decoder
			b.ReportAllocs()
			b.SetBytes(int64(len(value)))
			for b.Loop() {
				if _, rejection := d.Decode(value); (rejection == nil) != message.ok {
					b.Fatal(rejection)
				}
			}
		})
		b.Run(message.name+"/pooled", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(value)))
			for b.Loop() {
				if _, rejection := command.Decode(value); (rejection == nil) != message.ok {
					b.Fatal(rejection)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	c := command.Command{OrderID: "ord-0000000001", Account: "acc-000042", Amount: 1234, Currency: "USD"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := command.Encode(c); err != nil {
			b.Fatal(err)
		}
	}
}
