package redistest_test

import (
	"crypto/tls"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

// TestAccessIsForNobodyElse asks a server without what its access says, one thing at a time.
func TestAccessIsForNobodyElse(t *testing.T) {
	authority := redistest.NewAuthority(t)
	s := redistest.StartFor(t, redistest.Access{Authority: authority, Mutual: true, User: "starling", Password: "secret"})
	good := func() *redis.Options {
		cert, err := tls.LoadX509KeyPair(authority.Issue("client"))
		if err != nil {
			t.Fatal(err)
		}
		return &redis.Options{
			Addr: s.Addr, Username: "starling", Password: "secret", MaxRetries: -1, DialerRetries: 1,
			TLSConfig: &tls.Config{RootCAs: authority.Pool(), Certificates: []tls.Certificate{cert}},
		}
	}
	for what, change := range map[string]func(*redis.Options){
		"everything right": func(*redis.Options) {},
		"no TLS":           func(o *redis.Options) { o.TLSConfig = nil },
		"no trust":         func(o *redis.Options) { o.TLSConfig.RootCAs = redistest.NewAuthority(t).Pool() },
		"another name":     func(o *redis.Options) { o.TLSConfig.ServerName = "127.0.0.2" },
		"no certificate":   func(o *redis.Options) { o.TLSConfig.Certificates = nil },
		"no password":      func(o *redis.Options) { o.Username, o.Password = "", "" },
		"another password": func(o *redis.Options) { o.Password = "Secret" },
	} {
		opts := good()
		change(opts)
		client := redis.NewClient(opts)
		if err := client.Ping(t.Context()).Err(); (err == nil) != (what == "everything right") {
			t.Errorf("%s: got error %v", what, err)
		}
		_ = client.Close()
	}
}
