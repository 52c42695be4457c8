package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/config"
	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

// oddPassword has to be escaped in a URL.
const oddPassword = "p@ss/w:o?r#d%&+=^"

// TestTrackersShareAGuardedRedis gives trackers with different prefixes one Redis, which wants TLS with
// certificates on both sides and a user with a password. They are told a database, too.
func TestTrackersShareAGuardedRedis(t *testing.T) {
	access := redistest.Access{Authority: redistest.NewAuthority(t), Mutual: true, User: "starling", Password: oddPassword}
	server := redistest.StartFor(t, access)
	urlFile := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(urlFile, []byte(server.URL()+"/3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cert, key := access.Authority.Issue("tracker")
	flags := []string{
		"--redis.url_file=" + urlFile, "--redis.ca_file=" + access.Authority.File, "--redis.cert_file=" + cert, "--redis.key_file=" + key,
	}
	const hash = " 0123456789abcdef0123456789abcdef01234567"
	one, other := serving(t, flags...), serving(t, append(flags, "--redis.prefix=other:")...)
	for _, addrs := range []map[string]string{one, other} {
		says(t, "announce udp://"+addrs["udp"]+hash)
		says(t, "announce udp://"+addrs["udp"]+hash+" --left=0 --event=completed")
		got := says(t, "announce http://"+addrs["http"]+"/announce"+hash+" --port=7000")
		if !strings.Contains(got, "seeders       1\nleechers      1\n") || !strings.Contains(got, "peer          127.0.0.1:6881\n") {
			t.Errorf("got\n%swant the peer of the same tracker, and nobody else", got)
		}
		says(t, "announce http://"+addrs["http"]+"/announce"+hash+" --port=7001 --event=stopped")
	}
	all := " " + strings.Join(flags, " ")
	if got := says(t, "replicas"+all); strings.Count(got, "/announce") != 3 || !strings.Contains(got, "udp://"+one["udp"]) {
		t.Errorf("got\n%swant the replica with the default prefix, and no other", got)
	}
	if got := says(t, "swarm"+hash+all+" --redis.prefix=other:"); !strings.Contains(got, "1 seeders, 1 leechers") {
		t.Errorf("got\n%swant the peers of the other tracker", got)
	}
	wantNamed(t, server, config.RedisAddress{
		URL: config.Secret(server.URL() + "/3"), CAFile: access.Authority.File, CertFile: cert, KeyFile: key,
	})
}

// wantNamed fails the test unless all keys in the server are in the database that the address names, belong to
// one of two trackers, and are of each kind that both should have.
func wantNamed(t *testing.T, server *redistest.Server, address config.RedisAddress) {
	t.Helper()
	conn, err := redisconn.Open(address.Options())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	kind := regexp.MustCompile(`^(st:|other:)(4\{|h\{|meta$|secrets$|replicas$|replica:)`)
	seen := map[string]bool{}
	for keys := conn.Scan(t.Context(), 0, "*", 1000).Iterator(); keys.Next(t.Context()); {
		m := kind.FindString(keys.Val())
		if m == "" {
			t.Errorf("got key %q, want only those that begin with a prefix", keys.Val())
		}
		seen[m] = true
	}
	if len(seen) != 2*6 {
		t.Errorf("got keys of kinds %v, want six kinds of each tracker", seen)
	}
	if got := server.Text("INFO", "keyspace"); strings.Count(got, "\ndb") != 1 || !strings.Contains(got, "\ndb3:") {
		t.Errorf("got keys in other databases than 3: %s", got)
	}
}

func TestCommandsSayWhatIsWrongWithTLS(t *testing.T) {
	authority := redistest.NewAuthority(t)
	server := redistest.StartFor(t, redistest.Access{Authority: authority})
	misnamed := redistest.StartFor(t, redistest.Access{Authority: authority, Hosts: []string{"redis.example"}})
	for args, want := range map[string]string{
		"--redis.url=" + server.URL(): "redis: tls with " + server.Addr +
			": tls: failed to verify certificate: x509: certificate signed by unknown authority; redis.ca_file says who is trusted",
		"--redis.url=" + misnamed.URL() + " --redis.ca_file=" + authority.File: "x509: cannot validate certificate for 127.0.0.1",
		"--redis.url=" + server.URL() + " --redis.ca_file=no/such":             "redis.ca_file: open no/such: no such file or directory",
	} {
		var stdout, stderr bytes.Buffer
		began := time.Now()
		code := run(t.Context(), append([]string{"replicas"}, strings.Fields(args)...), nil, &stdout, &stderr)
		if code != exitFailed || !strings.Contains(stderr.String(), want) {
			t.Errorf("starling replicas %s: got exit code %d and %s, want %d and %q", args, code, &stderr, exitFailed, want)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("starling replicas %s: got its end after %v, want it at once", args, took)
		}
	}
}

// TestATrackerThatRedisRefusesWaits starts trackers that something keeps out, which is mended later.
func TestATrackerThatRedisRefusesWaits(t *testing.T) {
	const user, password, grant = "starling", "hunter2", "~* &* +@all"
	server := redistest.Start(t)
	setUser := func(rules string) {
		args := []any{"ACL", "SETUSER", user}
		for rule := range strings.FieldsSeq(rules) {
			args = append(args, rule)
		}
		server.Do(args...)
	}
	url := "--redis.url=redis://" + user + ":" + password + "@" + server.Addr
	authority := redistest.NewAuthority(t)
	guarded := redistest.StartFor(t, redistest.Access{Authority: authority})
	ca := redistest.NewAuthority(t).File
	for _, tt := range []struct {
		name, rules string
		flags       []string
		want, reply string // to an announce
		mend        func()
	}{
		{
			"wrong password", "reset on >other " + grant,
			[]string{url},
			`msg="redis refuses the user or password in redis.url".* err="WRONGPASS`, "tracker is unavailable", func() { setUser(">" + password) },
		}, {
			"may do nothing", "reset on >" + password,
			[]string{url},
			`msg="redis refuses the user or password in redis.url".* err="NOPERM`, "tracker is unavailable", func() { setUser(grant) },
		}, {
			"may not do all", "reset on >" + password + " " + grant + " -hsetnx",
			[]string{url},
			`msg="what replicas share could not be kept in redis".* err="st:meta: NOPERM`, "leechers  1", func() { setUser(grant) },
		}, {
			"another authority", "reset",
			[]string{"--redis.url=" + guarded.URL(), "--redis.ca_file=" + ca},
			`msg="redis is away".* err="tls with ` + guarded.Addr + `: .*redis.ca_file says who is trusted`, "tracker is unavailable", func() {
				if err := os.Rename(authority.File, ca); err != nil {
					t.Fatal(err)
				}
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			setUser(tt.rules)
			began := time.Now()
			cmd, lines := serve(t, append(tt.flags, "--ops.listen=127.0.0.1:0", "--log.level=debug")...)
			var log []string
			until := func(text string) {
				re := regexp.MustCompile(text)
				for lines.Scan() {
					log = append(log, lines.Text())
					if re.MatchString(lines.Text()) {
						return
					}
				}
				t.Fatalf("got no line with %s in\n%s", text, strings.Join(log, "\n"))
			}
			until(tt.want)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("got the reason after %v, want it at once", took)
			}
			if _, err := fetch(t.Context(), "http://"+address(t, log, "ops")+"/readyz"); err == nil || !strings.HasPrefix(err.Error(), "503") {
				t.Errorf("/readyz: got error %v, want 503", err)
			}
			var stdout, stderr bytes.Buffer
			run(t.Context(), []string{"announce", "udp://" + address(t, log, "udp"), strings.Repeat("0", 40)}, nil, &stdout, &stderr)
			if got := stdout.String() + stderr.String(); !strings.Contains(got, tt.reply) {
				t.Errorf("announce: got %s, want %q", got, tt.reply)
			}
			tt.mend()
			until("msg=ready")
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			until("msg=stopped")
			if err := cmd.Wait(); err != nil {
				t.Errorf("got %v, want exit code 0", err)
			}
			if i := slices.IndexFunc(log, func(line string) bool { return strings.Contains(line, password) }); i >= 0 {
				t.Errorf("got the password in the log: %s", log[i])
			}
		})
	}
}

// address returns where a tracker with this log listens.
func address(t *testing.T, log []string, proto string) string {
	t.Helper()
	m := regexp.MustCompile(`msg=listening proto=` + proto + ` addr=(\S+)`).FindStringSubmatch(strings.Join(log, "\n"))
	if m == nil {
		t.Fatalf("got no address for %s in\n%s", proto, strings.Join(log, "\n"))
	}
	return m[1]
}
