package command_test

import (
	"fmt"

	"deductor/consumer/command"
)

func ExampleDecode() {
	c, rejection := command.Decode([]byte(
		`{"order_id":"ord-1","account":"alice","amount":"12.34","currency":"USD"}`))
	fmt.Println(c.OrderID, c.Account, c.CreditAccount, c.Amount, rejection == nil)

	_, rejection = command.Decode([]byte(
		`{"order_id":"ord-2","account":"alice","amount":12.34,"currency":"USD"}`))
	fmt.Println(rejection.OrderID, rejection.Reason)
	fmt.Println(rejection.Detail)
	// Output:
	// ord-1 alice settlement:USD 1234 true
	// ord-2 wrong_type
	// amount "12.34" is a JSON number; expected a JSON string
}

func ExampleEncode() {
	c := command.Command{OrderID: "ord-1", Account: "alice", Amount: 1234, Currency: "USD"}
	message, err := command.Encode(c)
	fmt.Println(string(message), err)

	c.Amount = 0
	_, err = command.Encode(c)
	fmt.Println(err)
	// Output:
	// {"order_id":"ord-1","account":"alice","amount":"12.34","currency":"USD"} <nil>
	// amount_not_positive: amount "0.00" is not above zero; expected at least 0.01 USD
}
