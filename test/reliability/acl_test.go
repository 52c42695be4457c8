package reliability_test

import (
	"context"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/bus/bustest"
	"github.com/starling-tracker/starling/internal/bus/redisbus"
	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/replica"
	"github.com/starling-tracker/starling/internal/store/redisstore"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// aclLine returns the rules of the user that the documentation tells operators to make.
func aclLine(t *testing.T) []any {
	t.Helper()
	page, err := os.ReadFile("../../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?s)ACL (SETUSER starling .*?)\n` + "```").FindStringSubmatch(string(page))
	if m == nil {
		t.Fatal("got no ACL SETUSER line in docs/reliability.md")
	}
	var args []any
	args = append(args, "ACL")
	for word := range strings.FieldsSeq(strings.ReplaceAll(m[1], "\\\n", " ")) {
		args = append(args, word)
	}
	return args
}

// TestTheDocumentedUserMayDoAllThatIsNeededAndNoMore runs Starling as the user of the documentation: announces,
// scrapes, what replicas share, a swarm for its operator, and the channels of browsers.
func TestTheDocumentedUserMayDoAllThatIsNeededAndNoMore(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Do(aclLine(t)...)
	url := "redis://starling:secret@" + server.Addr
	s := start(t, url)
	s.awaitReady(200, "ready\n")
	l := newLoad(s)
	l.run()
	pause(2 * time.Second)
	l.halt()
	if l.counts[answered] != l.sent() {
		t.Errorf("got %v answered, refused, unanswered, wrong, want all answered; %q\n%s", l.counts, l.complaints, s.Output())
	}
	if err := scrape(s); err != nil {
		t.Errorf("scrape: got error %v", err)
	}
	if status, body, err := s.get("/swarms/0123456789abcdef0123456789abcdef01234567"); status != 200 {
		t.Errorf("/swarms: got %d %q, error %v", status, body, err)
	}
	if log := s.Output(); strings.Contains(log, "NOPERM") {
		t.Errorf("got a log with refusals of Redis, want none:\n%s", log)
	}
	if denied := server.Text("ACL", "LOG"); denied != "[]" {
		t.Errorf("got commands denied, want none: %s", denied)
	}
	conn, err := redisconn.Open(redisconn.Options{URL: url, Prefix: "st:"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := redisstore.Detail(t.Context(), conn, bittorrent.InfoHash{1}, 10, time.Now()); err != nil {
		t.Errorf("starling swarm: got error %v", err)
	}
	wantSignalsCarried(t, conn)
	if denied := server.Text("ACL", "LOG"); denied != "[]" {
		t.Errorf("got commands denied for signals, want none: %s", denied)
	}
	for _, args := range [][]any{{"flushall"}, {"keys", "*"}, {"get", "other"}, {"config", "get", "*"}, {"spublish", "other", "x"}} {
		if err := conn.Do(t.Context(), args...).Err(); err == nil || !strings.HasPrefix(err.Error(), "NOPERM") {
			t.Errorf("%v: got error %v, want NOPERM", args, err)
		}
	}
}

// wantSignalsCarried has two replicas carry a signal from one to the other, and stop.
func wantSignalsCarried(t *testing.T, conn *redisconn.Conn) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	buses := make([]*redisbus.Bus, 2)
	for i := range buses {
		buses[i] = redisbus.New(conn, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), redisbus.Options{Partitions: replica.Partitions})
		running.Go(func() { _ = buses[i].Run(ctx) })
	}
	in := bustest.NewInbox(t, "a browser")
	stop := in.Subscribe(buses[0], bustest.ID(1))
	buses[1].Publish(bustest.Offer(bustest.ID(1), 1))
	in.Want(bustest.Offer(bustest.ID(1), 1))
	stop()
	in.Subscribe(buses[0], bustest.ID(1)) // Redis was told of the end by then
}

// TestTheDocumentedUserMayFollowSlots has a slot of a Cluster on its way, which takes commands of its own.
func TestTheDocumentedUserMayFollowSlots(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 2, false)
	for _, node := range cluster.Masters {
		node.Do(aclLine(t)...)
	}
	s := start(t, strings.Replace(cluster.URL(), "redis://", "redis://starling:secret@", 1))
	s.awaitReady(200, "ready\n")
	from, to := cluster.Masters[0], cluster.Masters[1]
	to.Do("CLUSTER", "SETSLOT", 0, "IMPORTING", from.Text("CLUSTER", "MYID"))
	from.Do("CLUSTER", "SETSLOT", 0, "MIGRATING", to.Text("CLUSTER", "MYID"))
	l := newLoad(s)
	l.slots = 1
	l.run()
	pause(calm)
	l.halt()
	if l.counts[answered] != l.sent() {
		t.Errorf("got %v answered, refused, unanswered, wrong, want all answered; %q", l.counts, l.complaints)
	}
	if to.Int("CLUSTER", "COUNTKEYSINSLOT", 0) == 0 {
		t.Error("got no swarm in the node that the slot moves to, want all")
	}
	for _, node := range cluster.Masters {
		if denied := node.Text("ACL", "LOG"); denied != "[]" {
			t.Errorf("got commands denied, want none: %s", denied)
		}
	}
}
