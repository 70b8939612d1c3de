package ledger

import _ "embed"

var (
	//go:embed queries/lock_customers.sql
	lockCustomersSQL string
	//go:embed queries/read_customers.sql
	readCustomersSQL string
	//go:embed queries/read_settlements.sql
	readSettlementsSQL string
	//go:embed queries/reserve_ids.sql
	reserveIDsSQL string
	//go:embed queries/copy_transfers.sql
	copyTransfersSQL string
	//go:embed queries/insert_transfers.sql
	insertTransfersSQL string
	//go:embed queries/update_balances.sql
	updateBalancesSQL string
	//go:embed queries/credit_stripes.sql
	creditStripesSQL string
	//go:embed queries/create_accounts.sql
	createAccountsSQL string
	//go:embed queries/get_accounts.sql
	getAccountsSQL string
	//go:embed queries/get_accounts_by_id.sql
	getAccountsByIDSQL string
	//go:embed queries/list_accounts.sql
	listAccountsSQL string
	//go:embed queries/close_account.sql
	closeAccountSQL string
	//go:embed queries/get_transfers.sql
	getTransfersSQL string
	//go:embed queries/audit_balances.sql
	auditBalancesSQL string
	//go:embed queries/audit_overdraft.sql
	auditOverdraftSQL string
	//go:embed queries/audit_transfers.sql
	auditTransfersSQL string
	//go:embed queries/audit_stripes.sql
	auditStripesSQL string
	//go:embed queries/trial_balance.sql
	trialBalanceSQL string
)
