package reliability_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/redisconn"
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
	for _, word := range strings.Fields(strings.ReplaceAll(m[1], "\\\n", " ")) {
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
		t.Errorf("got %v answered, refused, unanswered, wrong, want all answered; %q\n%s", l.counts, l.complaints, s.log())
	}
	if err := scrape(s); err != nil {
		t.Errorf("scrape: got error %v", err)
	}
	if status, body, err := s.get("/swarms/0123456789abcdef0123456789abcdef01234567"); status != 200 {
		t.Errorf("/swarms: got %d %q, error %v", status, body, err)
	}
	if log := s.log(); strings.Contains(log, "NOPERM") {
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
	channel := conn.Channel(bittorrent.PeerID{1}, 32)
	if err := conn.SPublish(t.Context(), channel, "x").Err(); err != nil {
		t.Errorf("SPUBLISH %s: got error %v", channel, err)
	}
	sub := conn.SSubscribe(t.Context(), channel)
	defer sub.Close()
	if _, err := sub.ReceiveTimeout(t.Context(), patience); err != nil {
		t.Errorf("SSUBSCRIBE %s: got error %v", channel, err)
	}
	for _, args := range [][]any{{"flushall"}, {"keys", "*"}, {"get", "other"}, {"config", "get", "*"}, {"spublish", "other", "x"}} {
		if err := conn.Do(t.Context(), args...).Err(); err == nil || !strings.HasPrefix(err.Error(), "NOPERM") {
			t.Errorf("%v: got error %v, want NOPERM", args, err)
		}
	}
}
