package console

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
)

// Access says who may look. With a token or a password, everybody has to sign
// in, wherever from. Without, the console is served on loopback addresses only.
type Access struct {
	// Addr is what the server listens on, host:port.
	Addr string
	// Token lets in whoever has it: as a bearer, or as the password of any user
	// name, which then stands for the person in what is kept of their actions.
	Token string
	// User and Password let in one user.
	User, Password string
}

// SignIn tells whether people have to sign in.
func (a *Access) SignIn() bool { return a.Token != "" || a.Password != "" }

// Served tells whether there is a console at all: not for everybody who reaches
// the address from elsewhere.
func (a *Access) Served() bool { return a.SignIn() || a.loopback() }

// loopback tells whether only this host reaches the address.
func (a *Access) loopback() bool {
	host, _, err := net.SplitHostPort(a.Addr)
	if err != nil {
		return false
	}
	return isLoopback(host)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// who is the person behind a request; ok is false when they have to sign in.
func (a *Access) who(r *http.Request) (name string, ok bool) {
	if !a.SignIn() {
		return "console", true
	}
	if token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); bearer {
		return "token", a.Token != "" && same(token, a.Token)
	}
	user, password, given := r.BasicAuth()
	if !given {
		return "", false
	}
	// Both are always compared: how long it takes tells nothing.
	isUser, isPassword, isToken := same(user, a.User), same(password, a.Password), same(password, a.Token)
	switch {
	case a.Password != "" && isUser && isPassword:
		return user, true
	case a.Token != "" && isToken && user != "":
		return user, true
	}
	return "", false
}

// same compares secrets in a time that depends on neither.
func same(given, wanted string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(wanted))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
