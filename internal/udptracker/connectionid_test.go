package udptracker_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/udptracker"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// requests are an announce and a scrape with the connection ID of c, each a transaction of its own
// when it is made.
var requests = map[string]func(c *client) []byte{
	"announce": func(c *client) []byte {
		r := c.announcement(hashA)
		return r.Append(nil)
	},
	"scrape":                func(c *client) []byte { return c.scrapeRequest(hashA) },
	"scrape without a hash": func(c *client) []byte { return c.scrapeRequest() },
	"announce with long options": func(c *client) []byte {
		r := c.announcement(hashA)
		return append(r.Append(nil), make([]byte, 500)...)
	},
}

func TestABadConnectionIDGetsOneErrorThatIsNoLongerThanTheRequest(t *testing.T) {
	for name, request := range requests {
		t.Run(name, func(t *testing.T) {
			everywhere(t, setup{}, func(t *testing.T, n *node) {
				c := n.connected(t)
				c.connectionID ^= 1 << 20
				packet := request(c)
				const whole = "expired connection ID"
				got := c.refused(packet)
				if got == "" || !strings.HasPrefix(whole, got) || len(got) != min(len(whole), len(packet)-8) {
					t.Errorf("got error %q to %d bytes, want %q or what fits of it", got, len(packet), whole)
				}
				c.connect() // its reply would not be the next, were there two errors
				if got := n.value(t, "starling_udp_connection_id_errors_total"); got != 1 {
					t.Errorf("got %v errors counted, want 1", got)
				}
				if got := c.scrape(hashA)[0]; got != (udpproto.ScrapeEntry{}) {
					t.Errorf("got %+v afterwards, want an empty swarm", got)
				}
			})
		})
	}
}

// errors sends so many requests without a good connection ID at once, and returns how many of them
// are answered. All replies are errors until a connect, sent last, is answered.
func (c *client) errors(requests int) (n int) {
	c.Helper()
	packet := c.scrapeRequest(hashA)
	for range requests {
		c.send(packet)
	}
	c.send(udpproto.AppendConnectRequest(nil, c.header().TransactionID))
	for {
		action, _, _ := udpproto.ParseReplyHeader(c.receive())
		if action == udpproto.ActionConnect {
			return n
		}
		n++
	}
}

func TestErrorsAboutConnectionIDsAreFewForEachSource(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		const flood = 100
		got := n.dial(t).errors(flood)
		// Ten a second; the flood takes some milliseconds, and a few seconds where all is slow.
		if got < 10 || got > flood/2 {
			t.Errorf("got %d errors to %d requests, want about 10", got, flood)
		}
		if dropped := n.dropped(t, "connection_id"); int(dropped) != flood-got {
			t.Errorf("got %v dropped, want the other %d", dropped, flood-got)
		}
	})
}

// Loopback has more than one address of IPv4 alone.
var networks4 = []network{networks[0], networks[2]}

func TestSourcesHaveErrorsOfTheirOwn(t *testing.T) {
	for _, nw := range networks4 {
		t.Run(nw.name, func(t *testing.T) {
			n := start(t, setup{network: nw})
			const each = 3 // and 60 in all, more than one source gets
			for i := range 20 {
				from := fmt.Sprintf("127.0.0.%d", i+1)
				if got := n.dial(t, from).errors(each); got != each {
					t.Errorf("%s: got %d errors, want %d", from, got, each)
				}
			}
		})
	}
}

func TestAConnectionIDIsOfItsAddressAndOfAllItsPorts(t *testing.T) {
	for _, nw := range networks4 {
		t.Run(nw.name, func(t *testing.T) {
			n := start(t, setup{network: nw})
			c := n.connected(t)
			neighbor, stranger := n.dial(t), n.dial(t, "127.0.0.2")
			neighbor.connectionID, stranger.connectionID = c.connectionID, c.connectionID
			if got := neighbor.scrape(hashA); len(got) != 1 {
				t.Errorf("another port: got %v, want one entry", got)
			}
			if got := stranger.refused(stranger.scrapeRequest(hashA)); got != "expired connection ID" {
				t.Errorf("another address: got error %q, want it refused", got)
			}
		})
	}
}

func TestReplicasWithOneSecretAcceptEachOthersConnectionIDs(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		c := n.connected(t)
		for master, accepted := range map[string]bool{t.Name(): true, "another secret": false} {
			opts := udptracker.Options{Secrets: udptracker.DeriveSecrets([]byte(master))}
			other := start(t, setup{network: n.network, opts: opts}).dial(t)
			other.connectionID = c.connectionID
			action, _, _ := udpproto.ParseReplyHeader(other.ask(other.scrapeRequest(hashA)))
			if got := action == udpproto.ActionScrape; got != accepted {
				t.Errorf("replica with the secret %q: got %v, want accepted: %v", master, action, accepted)
			}
		}
	})
}
