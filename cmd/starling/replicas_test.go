package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/replica"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

func TestCommandsAskRedisAboutReplicasAndSwarms(t *testing.T) {
	server := redistest.Start(t)
	url := "--redis.url=" + server.URL()
	const (
		here = "0123456789abcdef0123456789abcdef01234567"
		none = "ffffffffffffffffffffffffffffffffffffffff"
	)
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{"replicas", url}, nil, &stderr, &stderr); code != exitFailed ||
		!strings.Contains(stderr.String(), `redis: no tracker has used it with the prefix "st:"`) {
		t.Errorf("got exit code %d and %s, want that there is nothing", code, &stderr)
	}
	one, other := serving(t, url), serving(t, url)
	says(t, "announce udp://"+one["udp"]+" "+here+" --left=0")
	if got := says(t, "announce http://"+other["http"]+"/announce "+here+" --port=7000"); !strings.Contains(got, "peer          127.0.0.1:6881\n") {
		t.Errorf("got\n%swant the peer that announced to the other replica", got)
	}

	var reports []replicaReport
	if err := json.Unmarshal([]byte(says(t, "replicas --json "+url)), &reports); err != nil || len(reports) != 2 {
		t.Fatalf("got %+v, %v, want two replicas", reports, err)
	}
	all := says(t, "replicas", "STARLING_REDIS_URL="+server.URL())
	for _, r := range reports {
		if !strings.Contains(all, r.Tag) || time.Since(r.Started) > time.Minute || time.Since(r.Seen) > time.Minute {
			t.Errorf("got %+v, want its tag in\n%sand times of the last minute", r, all)
		}
	}
	for _, addr := range []string{"udp://" + one["udp"], "http://" + other["http"]} {
		if !strings.Contains(all, addr+"/announce") {
			t.Errorf("got\n%swant %s in it", all, addr)
		}
	}

	if got := says(t, "swarm "+here+" "+url); !strings.Contains(got, "ipv4              1 seeders, 1 leechers\n") ||
		!strings.Contains(got, "  127.0.0.1:6881  seeder   expires in 5") {
		t.Errorf("got\n%swant both peers", got)
	}
	if got := says(t, "swarm "+none+" "+url+" --json"); got != `{"info_hash":"`+none+`","completed":0,"pools":[]}`+"\n" {
		t.Errorf("got %s, want a swarm of nobody", got)
	}
}

func TestCommandsThatNeedRedisSayWhatIsMissing(t *testing.T) {
	const hash = " 0123456789abcdef0123456789abcdef01234567"
	for args, want := range map[string]string{
		"replicas": "redis.url is not set: give --redis.url, STARLING_REDIS_URL or --config",
		"replicas --redis.url=redis://127.0.0.1:1":                        "redis: dial tcp 127.0.0.1:1",
		"replicas --redis.url=http://127.0.0.1":                           "redis.url: ",
		"replicas --redis.url=redis://127.0.0.1:1 --redis.prefix={}":      "redis.prefix: ",
		"swarm" + hash + " --redis.url=redis://127.0.0.1:1":               "redis: dial tcp 127.0.0.1:1",
		"swarm" + hash + " --redis.url=redis://127.0.0.1:1 --limit=-1":    "limit: want a number from 0 to 10000",
		"swarm" + hash + " --redis.url=redis://127.0.0.1:1 --ops=[::1]:1": "dial tcp [::1]:1",
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), strings.Fields(args), nil, &stdout, &stderr); code != exitFailed || !strings.Contains(stderr.String(), want) {
			t.Errorf("starling %s: got exit code %d and %s, want %d and %q", args, code, &stderr, exitFailed, want)
		}
	}
}

func TestTextsOfReplicasAreQuotedWhereATerminalCouldObeyThem(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	var out bytes.Buffer
	err := printReplicas(&out, []replica.Info{
		{Tag: "0011223344556677", Hostname: "a\x1b[2Jb", Version: "v1.2.3", Started: now.Add(-90 * time.Minute), Seen: now.Add(-3 * time.Second), Addrs: []string{"udp://a", "http://b"}},
		{Tag: "8899aabbccddeeff", Seen: now},
	}, now)
	const want = "" +
		"replica           hostname     version  up       seen    addresses\n" +
		"0011223344556677  \"a\\x1b[2Jb\"  v1.2.3   1h30m0s  3s ago  udp://a http://b\n" +
		"8899aabbccddeeff  -            -        -        0s ago  -\n"
	if err != nil || out.String() != want {
		t.Errorf("got %v and\n%swant\n%s", err, out.String(), want)
	}
}
