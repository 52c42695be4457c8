package interop_test

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
)

// TestProxiesPassAnnouncesOn announces over HTTP and HTTPS, often enough for both replicas to be asked.
func TestProxiesPassAnnouncesOn(t *testing.T) {
	t.Parallel()
	needClients(t)
	for _, p := range proxies {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			s := openSite(t, p)
			hash := randomHash()
			copy(hash[:], "\xff\x80\xc3\x28 +%;&=?#\x00\x01\n\"") // no text, and all that has a meaning elsewhere
			announce := func(scheme, addr string, h host, port uint16, left uint64) client.Reply {
				t.Helper()
				reply, err := client.Announce(t.Context(), scheme+"://"+addr+"/announce",
					client.Announcement{InfoHash: hash, PeerID: bittorrent.PeerID(randomHash()), Port: port, Left: left},
					client.Options{Transport: newVisitor(t, h, s.authority), Timeout: patience})
				if err != nil {
					t.Fatal(err)
				}
				if got, want := reply.ExternalIP, netip.MustParseAddr(h.ipv4); got != want {
					t.Errorf("%s: got a client on %v, want %v", scheme, got, want)
				}
				return reply
			}
			var want []netip.AddrPort
			for port := uint16(1000); port < 1006; port++ {
				scheme, addr := "http", s.plain
				if port%2 == 1 {
					scheme, addr = "https", s.tls
				}
				announce(scheme, addr, seederHost, port, 0)
				want = append(want, netip.MustParseAddrPort(addrPort(seederHost.ipv4, port)))
				got := announce(scheme, addr, leecherHost, 2000, 1).Peers
				slices.SortFunc(got, netip.AddrPort.Compare)
				if !slices.Equal(got, want) {
					t.Errorf("%s: got peers %v, want %v", scheme, got, want)
				}
			}
		})
	}
}

// TestProxiesPassOffersAndAnswersOn has two sockets come from one address over TLS, and two from another without,
// one of each to each replica: since no replica takes a second one of an address, it must see whose they are.
// Then nothing is said for longer than the proxy bears it: the replicas' pings do.
func TestProxiesPassOffersAndAnswersOn(t *testing.T) {
	t.Parallel()
	needClients(t)
	for _, p := range proxies {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			s := openSite(t, p, "--ws.ping=3s", "--ws.max_sessions_per_ip=1")
			offerers := openBoth(t, newVisitor(t, seederHost, s.authority), "wss://"+s.tls)
			answerers := openBoth(t, newVisitor(t, leecherHost, s.authority), "ws://"+s.plain)
			hash := randomID()
			exchange(t, hash, offerers[0], answerers)
			idle(t, slices.Concat(offerers, answerers), proxyTimeout*3/2)
			exchange(t, hash, offerers[1], answerers)
		})
	}
}

// openBoth opens a socket to each replica, which take one of an address, and sees that there is no place for more.
func openBoth(t *testing.T, v *visitor, url string) (both []*browser) {
	t.Helper()
	refused := func() bool {
		b, status := v.open(t, url)
		if b != nil {
			both = append(both, b)
		}
		return status == http.StatusServiceUnavailable
	}
	eventually(t, "sockets", 2, func() int { refused(); return len(both) })
	if !refused() {
		t.Errorf("%s: got a third socket of one address, want two", url)
	}
	return both
}

// exchange has one browser send offers to the others, and them answer.
func exchange(t *testing.T, hash string, offerer *browser, answerers []*browser) {
	t.Helper()
	counted := func(m message) bool { return m.Interval > 0 }
	offered := func(m message) bool { return m.Offer != nil }
	answered := func(m message) bool { return m.Answer != nil }

	call := message{InfoHash: hash}
	sdps := make(map[string]string)
	for _, b := range answerers {
		b.send(t, message{InfoHash: hash, Left: 1})
		b.receive(t, "a reply", counted)
		id := randomID()
		sdps[id] = `{"type":"offer","sdp":"` + id + `"}`
		call.Offers = append(call.Offers, offer{id, json.RawMessage(sdps[id])})
	}
	offerer.send(t, call)
	offerer.receive(t, "a reply", counted)
	for _, b := range answerers {
		got := b.receive(t, "an offer", offered)
		if want := sdps[got.OfferID]; string(got.Offer) != want || got.PeerID != offerer.peerID {
			t.Errorf("got offer %s of %s, want %s of %s", got.Offer, got.PeerID, want, offerer.peerID)
		}
		answer := `{"type":"answer","sdp":"` + b.peerID + `"}`
		b.send(t, message{InfoHash: hash, ToPeerID: got.PeerID, OfferID: got.OfferID, Answer: json.RawMessage(answer)})
		back := offerer.receive(t, "an answer", answered)
		if string(back.Answer) != answer || back.PeerID != b.peerID || back.OfferID != got.OfferID {
			t.Errorf("got answer %s of %s, want %s of %s", back.Answer, back.PeerID, answer, b.peerID)
		}
	}
}
