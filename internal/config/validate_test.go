package config_test

import (
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/config"
)

func TestValidateNamesKeyAndRemedy(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"--http.listen= --udp.listen=", "http.listen and udp.listen are both empty; set one"},
		{"--http.listen=6969", `http.listen: "6969" is no address to listen on; use host:port`},
		{"--http.listen=:http", "http.listen: "},
		{"--udp.listen=:65536", "udp.listen: "},
		{"--udp.listen=::1:6969", "udp.listen: "},
		{"--udp.listen=a/b:1", "udp.listen: "},
		{"--ops.listen=localhost", "ops.listen: "},
		{"--http.idle_timeout=0s", "http.idle_timeout: 0s is too short"},
		{"--http.max_connections=-1", "http.max_connections: -1 is negative; use 0 for no limit"},
		{"--http.client_ip_header=", "http.client_ip_header: "},
		{"--http.client_ip_header=X:Y", "http.client_ip_header: "},
		{"--http.trust_ip_param_from=8.8.8.0/24", "http.trust_ip_param_from: 8.8.8.0/24 is not private"},
		{"--http.trust_ip_param_from=10.0.0.0/7", "http.trust_ip_param_from: "},
		{"--http.trust_ip_param_from=::/0", "http.trust_ip_param_from: "},
		{"--udp.receive_buffer=2GiB", "udp.receive_buffer: 2GiB is out of range"},
		{"--udp.send_buffer=2GiB", "udp.send_buffer: 2GiB is out of range"},
		{"--udp.sockets=-1", "udp.sockets: -1 is out of range"},
		{"--udp.sockets=1025", "udp.sockets: 1025 is out of range; use 0"},
		{"--udp.max_reply=547", "udp.max_reply: 547 is out of range; use 548 to 1452"},
		{"--udp.max_reply=1453", "udp.max_reply: "},
		{"--udp.secret=fifteen-letters", "udp.secret: the secret is too short"},
		{"--ws.listen=localhost", `ws.listen: "localhost" is no address to listen on`},
		{"--ws.interval=999ms", "ws.interval: 999ms is out of range; use 1s to 24h"},
		{"--ws.lease=2999ms", "ws.lease: 2.999s is out of range; use 3s to 1h"},
		{"--ws.lease=61m", "ws.lease: "},
		{"--ws.max_sessions=-1", "ws.max_sessions: -1 is negative; use 0 for no limit"},
		{"--ws.max_sessions_per_ip=-1", "ws.max_sessions_per_ip: -1 is negative; use 0 for no limit"},
		{"--ws.max_message=4095", "ws.max_message: 4095 is out of range; use 4KiB to 16MiB"},
		{"--ws.max_message=17MiB", "ws.max_message: "},
		{"--ws.max_offers=0", "ws.max_offers: 0 is out of range; use 1 to 200"},
		{"--ws.max_offers=201", "ws.max_offers: "},
		{"--ws.outbox=16383", "ws.outbox: 16383 is out of range; use 16KiB to 64MiB"},
		{"--ws.outbox=65MiB", "ws.outbox: "},
		{"--ws.ping=2999ms", "ws.ping: 2.999s is out of range; use 3s to 10m"},
		{"--ws.ping=11m", "ws.ping: "},
		{"--ws.close_over=-1s", "ws.close_over: -1s is negative; use 0s to close all at once"},
		{"--ws.origins=[", `ws.origins: "[" is no pattern; use one like example.org`},
		{"--ws.origins=https://example.org/", `ws.origins: "https://example.org/" is no pattern`},
		{"--ws.origins=example.org/page", `ws.origins: "example.org/page" is no pattern`},
		{"--ws.origins=https://", `ws.origins: "https://" is no pattern`},
		{"--http.listen= --udp.listen= --ws.listen=:0 --no-ws.enabled", "http.listen and udp.listen are both empty; set one of them, or ws.listen with ws.enabled"},
		{"--tracker.interval=999ms --tracker.min_interval=0s", "tracker.interval: 999ms is out of range; use 1s to 24h"},
		{"--tracker.interval=25h --store.peer_lifetime=48h", "tracker.interval: "},
		{"--tracker.min_interval=31m", "tracker.min_interval: 31m0s is out of range; use 0s to tracker.interval, which is 30m0s"},
		{"--tracker.min_interval=-1s", "tracker.min_interval: "},
		{"--tracker.numwant=201", "tracker.numwant: 201 is out of range; use 0 to tracker.max_numwant, which is 200"},
		{"--tracker.numwant=-1", "tracker.numwant: "},
		{"--tracker.max_numwant=0 --tracker.numwant=0", "tracker.max_numwant: 0 is out of range; use 1 to 10000"},
		{"--tracker.max_numwant=10001", "tracker.max_numwant: "},
		{"--store.peer_lifetime=33m", "store.peer_lifetime: 33m0s is too short"},
		{"--store.max_swarms=-1", "store.max_swarms: "},
		{"--store.max_peers_per_swarm=-1", "store.max_peers_per_swarm: "},
		{"--store.max_peers=-1", "store.max_peers: "},
		{"--redis.url=http://127.0.0.1", `redis.url: "http" is unknown`},
		{"--redis.url=redis://h1,h2", "redis.url: several addresses need ?mode=cluster"},
		{"--redis.url=redis://h:0", "redis.url: what follows a host and a colon is no port; use 1 to 65535"},
		{"--redis.url=redis://::1", "redis.url: an IPv6 address, and nothing else with a colon in it, stands in brackets; use redis://[::1]"},
		{"--redis.ca_file=no/such", "redis.ca_file: open no/such: no such file or directory"},
		{"--redis.ca_file=validate_test.go", "redis.ca_file: there is no certificate in validate_test.go; it must be PEM"},
		{"--redis.url=redis://h --redis.ca_file=no/such", "redis.ca_file: redis.url begins with redis://, which is not encrypted; use rediss://"},
		{"--redis.cert_file=no/such", "redis.cert_file: it needs redis.key_file"},
		{"--redis.key_file=no/such", "redis.key_file: it needs redis.cert_file"},
		{"--redis.cert_file=no/such --redis.key_file=no/such", "redis.cert_file: open no/such: "},
		{"--redis.prefix={st}", `redis.prefix: "{st}" has braces in it`},
		{"--redis.prefix=\a", "redis.prefix: "},
		{"--redis.prefix=" + strings.Repeat("x", 65), "redis.prefix: it has 65 bytes"},
		{"--redis.deadline=9ms", "redis.deadline: 9ms is out of range; use 10ms to 30s"},
		{"--redis.deadline=31s", "redis.deadline: "},
		{"--redis.recount=-1s", "redis.recount: "},
		{"--redis.recount=11m", "redis.recount: 11m0s is out of range"},
		{"--redis.remember=0", "redis.remember: 0 is too few"},
		{"--shutdown.drain=-1s", "shutdown.drain: -1s is negative"},
		{"--shutdown.timeout=-1s", "shutdown.timeout: -1s is negative"},
		{"--log.level=loud", `log.level: "loud" is unknown; use one of debug, info, warn, error`},
		{"--log.format=xml", `log.format: "xml" is unknown; use one of text, json`},
	} {
		_, err := config.Load(strings.Fields(tt.args), nil)
		if got := problems(t, err); len(got) != 1 || !strings.HasPrefix(got[0], tt.want) {
			t.Errorf("%s: got %q, want one that starts with %q", tt.args, got, tt.want)
		}
	}
}

func TestValidateAcceptsTheLimits(t *testing.T) {
	for _, args := range []string{
		"--http.listen= --udp.listen=[::1]:0",
		"--udp.listen= --http.listen=tracker-1.example:65535,127.0.0.1:0",
		"--udp.listen= --http.listen= --ws.listen=[::1]:0",
		"--ws.interval=1s --ws.lease=3s --ws.max_sessions=0 --ws.max_message=4KiB --ws.max_offers=200 --ws.outbox=16KiB --ws.ping=3s --ws.close_over=0s",
		"--ws.origins=*.example.org,https://example.org", "--no-ws.enabled --http.listen=",
		"--ops.listen=", "--udp.max_reply=548", "--udp.max_reply=1452", "--udp.sockets=1024", "--udp.receive_buffer=0 --udp.send_buffer=0", "--udp.secret=sixteen-letters-",
		"--tracker.interval=1s --tracker.min_interval=1s --no-tracker.interval_jitter --store.peer_lifetime=1001ms",
		"--store.peer_lifetime=33m1s", "--store.peer_lifetime=31m --no-tracker.interval_jitter",
		"--tracker.numwant=200", "--store.max_peers=0 --store.max_swarms=0 --store.max_peers_per_swarm=0 --http.max_connections=0",
		"--http.trust_ip_param_from=10.1.0.0/16,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,169.254.0.0/16,127.0.0.1,fd00::/8,fe80::/64,::1",
		"--log.level=debug --log.format=json",
		"--redis.url=redis://user:password@h1:7001,h2:7002/?mode=cluster", "--redis.url=rediss://h1/3", "--redis.url=redis://[::1]:7000",
		"--redis.url=redis://h1,h2/?mode=sentinel&master=m", "--redis.prefix=", "--redis.deadline=10ms --redis.recount=0s --redis.remember=1 --redis.required",
	} {
		mustLoad(t, strings.Fields(args), nil)
	}
}

func TestValidateReportsEverythingAtOnce(t *testing.T) {
	got := problems(t, config.Config{}.Validate())
	all := strings.Join(got, "\n")
	for _, key := range []string{
		"http.listen", "http.idle_timeout", "http.client_ip_header", "udp.max_reply", "tracker.interval",
		"tracker.max_numwant", "store.peer_lifetime", "log.level", "log.format",
	} {
		if !strings.Contains(all, key) {
			t.Errorf("got\n%s\nwant %s among them", all, key)
		}
	}
}
