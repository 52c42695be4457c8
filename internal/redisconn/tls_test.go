package redisconn_test

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

// odd is a password that has to be escaped.
const odd = "p@ss/w:o?r#d%&+=^"

func openWith(t *testing.T, url string, files redisconn.Files) *redisconn.Conn {
	t.Helper()
	c, err := redisconn.Open(redisconn.Options{URL: url, Prefix: "st:", Files: files})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestEveryKindOfRedisIsReachedWithTLSAndAUser(t *testing.T) {
	access := redistest.Access{Authority: redistest.NewAuthority(t), User: "starling", Password: odd}
	cluster := redistest.StartClusterFor(t, access, 3, false)
	for name, url := range map[string]string{
		"single":   redistest.StartFor(t, access).URL(),
		"cluster":  cluster.URL(),
		"sentinel": redistest.StartWatchedFor(t, access).URL(),
	} {
		c := openWith(t, url, redisconn.Files{CA: access.Authority.File})
		if err := c.Check(t.Context()); err != nil {
			t.Errorf("%s: got error %v, want none", name, err)
		}
		for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
			if err := c.Set(t.Context(), key, "v", 0).Err(); err != nil {
				t.Errorf("%s: got error %v, want none", name, err)
			}
		}
		sub := c.SSubscribe(t.Context(), "channel")
		if _, err := sub.ReceiveTimeout(t.Context(), 10*time.Second); err != nil {
			t.Errorf("%s: got error %v from SSUBSCRIBE, want none", name, err)
		}
		_ = sub.Close()
		stranger := openWith(t, url, redisconn.Files{CA: redistest.NewAuthority(t).File})
		if err := stranger.Ping(t.Context()).Err(); err == nil || !strings.Contains(err.Error(), "redis.ca_file says who is trusted") {
			t.Errorf("%s: got error %v with another authority, want one that says so", name, err)
		}
	}
	for i, s := range cluster.Masters {
		if s.Int("DBSIZE") == 0 {
			t.Errorf("got no keys in master %d, want some", i)
		}
	}
}

// TestATLSThatCannotBeSaysWhyAtOnce tries what operators get wrong.
func TestATLSThatCannotBeSaysWhyAtOnce(t *testing.T) {
	ours, other := redistest.NewAuthority(t), redistest.NewAuthority(t)
	access := redistest.Access{Authority: ours}
	tls, plain := redistest.StartFor(t, access), redistest.Start(t)
	named := redistest.StartFor(t, redistest.Access{Authority: ours, Hosts: []string{"redis.example"}})
	mutual := redistest.StartFor(t, redistest.Access{Authority: ours, Mutual: true})
	silent, err := net.Listen("tcp", "127.0.0.1:0") // its kernel accepts
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for _, tt := range []struct{ name, url, ca, want string }{
		{"the system's authorities", tls.URL(), "", "tls with " + tls.Addr + ": tls: failed to verify certificate: x509: certificate signed by unknown authority; redis.ca_file says who is trusted"},
		{"another authority", tls.URL(), other.File, "redis.ca_file says who is trusted"},
		{"another name", named.URL(), ours.File, "x509: cannot validate certificate for 127.0.0.1"},
		{"no certificate", mutual.URL(), ours.File, "the server asks for a certificate, which redis.cert_file"},
		{"a server without TLS", "rediss://" + plain.Addr, ours.File, "tls with " + plain.Addr},
		{"a server with TLS", "redis://" + tls.Addr, "", ""},
		{"a server that says nothing", "rediss://" + silent.Addr().String(), ours.File, "tls with " + silent.Addr().String() + ": context deadline exceeded"},
	} {
		c := openWith(t, tt.url, redisconn.Files{CA: tt.ca})
		for range 2 { // it is not told once only
			began := time.Now()
			err := c.Exists(t.Context(), "k").Err()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: got error %v, want one with %q", tt.name, err, tt.want)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("%s: got the error after %v, want it within a second", tt.name, took)
			}
		}
	}
}

// TestAConnectionThatTheServerClosedIsNotUsed restarts a server while connections to it lie idle.
func TestAConnectionThatTheServerClosedIsNotUsed(t *testing.T) {
	authority := redistest.NewAuthority(t)
	for _, s := range []*redistest.Server{redistest.Start(t), redistest.StartFor(t, redistest.Access{Authority: authority})} {
		var files redisconn.Files
		if strings.HasPrefix(s.URL(), "rediss") {
			files.CA = authority.File
		}
		c := openWith(t, s.URL(), files)
		if err := c.Ping(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		s.Kill()
		s.Restart()
		if err := c.Ping(t.Context()).Err(); err != nil {
			t.Errorf("%s: got error %v at the first attempt, want an answer", s.URL(), err)
		}
		if got := c.PoolStats(); got.StaleConns == 0 {
			t.Errorf("%s: got %+v, want the connection thrown away", s.URL(), got)
		}
	}
}

// TestAWrongPasswordIsNotTold has all that the client says logged, too.
func TestAWrongPasswordIsNotTold(t *testing.T) {
	var log bytes.Buffer
	redisconn.LogTo(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	defer redisconn.LogTo(slog.New(slog.DiscardHandler))
	s := redistest.StartFor(t, redistest.Access{User: "starling", Password: odd})
	const wrong = "hunter2"
	c := open(t, "redis://starling:"+wrong+"@"+s.Addr)
	err := c.Ping(t.Context()).Err()
	if err == nil || !strings.HasPrefix(err.Error(), "WRONGPASS") || strings.Contains(err.Error(), wrong) {
		t.Errorf("got error %v, want one that says WRONGPASS and not what it was", err)
	}
	_ = c.Close()
	if strings.Contains(log.String(), wrong) {
		t.Errorf("got the password in the log:\n%s", &log)
	}
}
