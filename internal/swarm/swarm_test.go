package swarm_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func TestPeersReadBackAsTheyWereWritten(t *testing.T) {
	tests := []struct {
		addr    string
		family  swarm.Family
		compact string
	}{
		{"1.2.3.4:6881", swarm.IPv4, "\x01\x02\x03\x04\x1a\xe1"},
		{"[::ffff:1.2.3.4]:6881", swarm.IPv4, "\x01\x02\x03\x04\x1a\xe1"},
		{"[2001:db8::1]:80", swarm.IPv6, " \x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x50"},
	}
	for _, tt := range tests {
		addr := netip.MustParseAddrPort(tt.addr)
		p := swarm.TCPPeer(addr)
		if p.Family() != tt.family {
			t.Errorf("%s: got family %v, want %v", tt.addr, p.Family(), tt.family)
		}
		got, fixed := string(p.AppendCompact(nil)), p.Compact6()
		if tt.family == swarm.IPv4 {
			four := p.Compact4()
			copy(fixed[:], four[:])
		}
		if got != tt.compact || string(fixed[:len(got)]) != got {
			t.Errorf("%s: got compact %q and %q, want %q", tt.addr, got, fixed[:], tt.compact)
		}
		want := netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
		if p.Addr() != want || p.String() != want.String() {
			t.Errorf("%s: got %v, want %v", tt.addr, p, want)
		}
		if again := swarm.PeerFrom(tt.family, []byte(tt.compact)); again != p {
			t.Errorf("%s: got %v from its compact form, want %v", tt.addr, again, p)
		}
	}
}

func TestBrowsersAreTheirPeerID(t *testing.T) {
	id := bittorrent.PeerID{1, 19: 2}
	p := swarm.WebRTCPeer(id)
	if p.Family() != swarm.WebRTC || p.ID() != id || string(p.AppendCompact(nil)) != string(id[:]) {
		t.Errorf("got %v of family %v, want ID %v", p, p.Family(), id)
	}
	if p.Addr().IsValid() || p.String() != id.String() {
		t.Errorf("got address %v and text %q, want none and %q", p.Addr(), p, id)
	}
}

func TestListsHoldTheirPeersAFamilyAfterTheOther(t *testing.T) {
	v4 := swarm.TCPPeer(netip.MustParseAddrPort("1.2.3.4:6881"))
	v6 := swarm.TCPPeer(netip.MustParseAddrPort("[2001:db8::1]:80"))
	browser := swarm.WebRTCPeer(bittorrent.PeerID{1, 19: 2})
	var lists swarm.Peers
	for _, p := range []swarm.Peer{browser, v6, v4, v6} {
		lists.Append(p)
	}
	got, want := slices.Collect(lists.All()), []swarm.Peer{v4, v6, v6, browser}
	if !slices.Equal(got, want) || lists.Len() != 4 || len(lists[swarm.IPv6]) != 36 {
		t.Errorf("got %v, %d of them, want %v", got, lists.Len(), want)
	}
	for p := range lists.All() {
		if p != v4 {
			t.Errorf("got %v first, want %v", p, v4)
		}
		break
	}
	if lists.Reset(); lists.Len() != 0 || cap(lists[swarm.IPv6]) < 36 {
		t.Errorf("after a reset: got %d peers and room for %d bytes", lists.Len(), cap(lists[swarm.IPv6]))
	}
}

func TestReasonsAreDistinctAndSpeak(t *testing.T) {
	var words []string
	for r := range swarm.Reason(swarm.Reasons) {
		if r.String() == "" || (swarm.RefusedError{Reason: r}).Error() == "" {
			t.Errorf("reason %d has no word or no sentence", r)
		}
		words = append(words, r.String())
	}
	slices.Sort(words)
	if distinct := slices.Compact(words); len(distinct) != swarm.Reasons {
		t.Errorf("got the words %q, want %d distinct ones", distinct, swarm.Reasons)
	}
}

func TestPausedPeersAndSeedersWantLeechersOnly(t *testing.T) {
	for a, want := range map[swarm.Announce]bool{
		{}:                         false,
		{Seeder: true}:             true,
		{Event: bittorrent.Paused}: true,
	} {
		if got := a.WantsLeechersOnly(); got != want {
			t.Errorf("%+v: got %v, want %v", a, got, want)
		}
	}
}
