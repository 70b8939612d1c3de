package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/jackc/pgx/v5"

	"deductor/ledger"
)

// How many accounts, and how many entries, a page has.
const (
	accountsPage = 50
	entriesPage  = 50
)

// accountsView is a page of accounts.
type accountsView struct {
	Prefix, After string
	Accounts      []ledger.Account
	Next          string // the URL of the next page; "" when there is none
}

func (c *Console) accounts(ctx context.Context, r *http.Request) (string, any, error) {
	values := r.URL.Query()
	view := accountsView{Prefix: values.Get("name"), After: values.Get("after")}
	if len(view.Prefix) > maxID || len(view.After) > maxID {
		return "", nil, &pageError{http.StatusBadRequest, "That is no account's name", "A name has 1 to 128 bytes."}
	}
	err := c.db.read(ctx, func(tx pgx.Tx) (err error) {
		if view.Prefix == "" {
			view.Accounts, err = ledger.List(ctx, tx, view.After, accountsPage+1)
		} else {
			view.Accounts, err = ledger.ListByPrefix(ctx, tx, view.Prefix, view.After, accountsPage+1)
		}
		return err
	})
	if err != nil {
		return "", nil, failing("The accounts can't be read", err)
	}
	if len(view.Accounts) > accountsPage {
		view.Accounts = view.Accounts[:accountsPage]
		next := url.Values{"after": {view.Accounts[accountsPage-1].Name}}
		if view.Prefix != "" {
			next.Set("name", view.Prefix)
		}
		view.Next = Prefix + "/accounts?" + next.Encode()
	}
	return "Accounts", view, nil
}

// accountView is an account with a page of its statement, the newest entry first.
type accountView struct {
	ledger.Account
	Entries []ledger.Entry
	// Unread says why there is no statement.
	Unread  string
	Opening int64 // the balance before the page's oldest entry
	Paged   bool
	Older   string // the URL of the next page; "" when there is none
}

func (c *Console) account(ctx context.Context, r *http.Request) (string, any, error) {
	values := r.URL.Query()
	name := values.Get("name")
	wanted := ledger.Range{Limit: entriesPage, Last: true}
	if text := values.Get("before"); text != "" {
		before, err := strconv.ParseInt(text, 10, 64)
		if err != nil || before < 1 {
			return "", nil, &pageError{http.StatusBadRequest, "There is no such page",
				"What is given as before is not the id of a transfer."}
		}
		wanted.Before = before
	}
	view := accountView{Paged: wanted.Before != 0}
	err := c.db.read(ctx, func(tx pgx.Tx) error { return view.read(ctx, tx, name, wanted) })
	if errors.Is(err, ledger.ErrAccountUnknown) {
		return "", nil, &pageError{http.StatusNotFound, "There is no account of that name",
			"Names are compared byte by byte. The list of accounts has all there are."}
	}
	return "Account " + name, view, failing("The account can't be read", err)
}

func (v *accountView) read(ctx context.Context, tx pgx.Tx, name string, wanted ledger.Range) error {
	found, err := ledger.Get(ctx, tx, name)
	if err != nil {
		return err
	}
	account, known := found[name]
	if !known {
		return ledger.ErrAccountUnknown
	}
	v.Account = account
	statement, err := ledger.ReadStatement(ctx, tx, name, wanted)
	if errors.Is(err, ledger.ErrNeedsScan) {
		v.Unread = "A settlement account is credited by every payment, and no index holds its entries: " +
			"they can be read with deductor account entries, which takes its time."
		return nil
	}
	if err != nil {
		return err
	}
	v.Opening = statement.Opening
	for i := len(statement.Entries) - 1; i >= 0; i-- {
		v.Entries = append(v.Entries, statement.Entries[i])
	}
	if statement.More && len(statement.Entries) > 0 {
		v.Older = Prefix + "/accounts/show?" + url.Values{
			"name": {name}, "before": {strconv.FormatInt(statement.Entries[0].TransferID, 10)},
		}.Encode()
	}
	return nil
}
