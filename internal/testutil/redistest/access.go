package redistest

import (
	"crypto/tls"
	"net/url"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Access says who may use servers, and how. Its zero value is anybody who comes without TLS.
type Access struct {
	Authority *Authority // of their certificates; nil: they speak no TLS, otherwise nothing else
	Hosts     []string   // that their certificates are for; none: 127.0.0.1
	Mutual    bool       // clients need certificates of Authority, too

	User, Password string // without spaces; empty: the default user without one. Otherwise that one may do nothing
}

// args returns what servers need on their command line.
func (a Access) args(port string) []string {
	var args []string
	for _, line := range a.lines(port) {
		args = append(args, "--"+line[0])
		args = append(args, line[1:]...)
	}
	return args
}

// lines returns what servers and Sentinels need in their configuration, words of a line each.
func (a Access) lines(port string) [][]string {
	if a.Authority == nil {
		return append([][]string{{"port", port}}, a.users()...)
	}
	hosts, clients := a.Hosts, "no"
	if len(hosts) == 0 {
		hosts = []string{"127.0.0.1"}
	}
	if a.Mutual {
		clients = "yes"
	}
	cert, key := a.Authority.Issue(hosts...)
	return append([][]string{
		{"port", "0"},
		{"tls-port", port},
		{"tls-cert-file", cert},
		{"tls-key-file", key},
		{"tls-ca-cert-file", a.Authority.File},
		{"tls-auth-clients", clients},
		{"tls-replication", "yes"},
		{"tls-cluster", "yes"},
	}, a.users()...)
}

func (a Access) users() [][]string {
	if a.User == "" {
		return nil
	}
	return [][]string{
		{"user", "default", "off"},
		{"user", a.User, "on", ">" + a.Password, "~*", "&*", "+@all"},
	}
}

// replication returns what a server needs besides to follow another.
func (a Access) replication() []string {
	if a.User == "" {
		return nil
	}
	return []string{"--masteruser", a.User, "--masterauth", a.Password}
}

// client returns a client that may do everything, whatever its server's certificate is for.
func (a Access) client(tb testing.TB, addr string) *redis.Client {
	opts := &redis.Options{
		Addr: addr, Username: a.User, Password: a.Password, Protocol: 2, MaxRetries: -1, DialerRetries: 1,
	}
	if a.Authority != nil {
		cert, err := tls.LoadX509KeyPair(a.Authority.Issue("client"))
		if err != nil {
			tb.Fatal(err)
		}
		opts.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, InsecureSkipVerify: true} //nolint:gosec // it is ours
	}
	return redis.NewClient(opts)
}

// url returns a URL with the scheme and user that it takes.
func (a Access) url(hosts, path string) string {
	scheme, user := "redis://", ""
	if a.Authority != nil {
		scheme = "rediss://"
	}
	if a.User != "" {
		user = url.UserPassword(a.User, a.Password).String() + "@"
	}
	return scheme + user + hosts + path
}
