package memstore_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func hash(n int) (h bittorrent.InfoHash) {
	binary.LittleEndian.PutUint32(h[:], uint32(n))
	return h
}

func peer(n int) swarm.Peer {
	var ip [4]byte
	binary.BigEndian.PutUint32(ip[:], 0x0a000000+uint32(n))
	return swarm.TCPPeer(netip.AddrPortFrom(netip.AddrFrom4(ip), 6881))
}

func peer6(n int) swarm.Peer {
	ip := [16]byte{0: 0xfd}
	binary.BigEndian.PutUint32(ip[12:], uint32(n))
	return swarm.TCPPeer(netip.AddrPortFrom(netip.AddrFrom16(ip), 6881))
}

func announce(t testing.TB, s *memstore.Store, a swarm.Announce) swarm.Result {
	t.Helper()
	result, err := s.Announce(context.Background(), a, new(swarm.Peers))
	if err != nil {
		t.Fatalf("announce of %v: %v", a.Peer, err)
	}
	return result
}

// running calls f with a store whose Run runs, in a bubble where time is fast.
func running(t *testing.T, opts memstore.Options, f func(*memstore.Store, *prometheus.Registry)) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		s := memstore.New(reg, opts)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		f(s, reg)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func TestRunRemovesTheDeadOfSwarmsThatNobodyTouches(t *testing.T) {
	running(t, memstore.Options{PeerLifetime: time.Hour}, func(s *memstore.Store, reg *prometheus.Registry) {
		const swarms, crowd = 3000, 2000
		for n := range swarms {
			announce(t, s, swarm.Announce{InfoHash: hash(n), Peer: peer(n)})
		}
		for n := range crowd {
			announce(t, s, swarm.Announce{InfoHash: hash(0), Peer: peer(n), Seeder: n%2 == 0})
		}
		wantGauge(t, reg, `starling_swarms{family="ipv4"}`, swarms)
		time.Sleep(time.Hour - time.Second)
		wantGauge(t, reg, `starling_swarms{family="ipv4"}`, swarms)
		time.Sleep(4 * time.Minute)
		wantGauge(t, reg, `starling_swarms{family="ipv4"}`, 0)
		wantGauge(t, reg, `starling_peers{family="ipv4",role="seeder"}`, 0)
		wantGauge(t, reg, `starling_peers{family="ipv4",role="leecher"}`, 0)
	})
}

// wantGauge fails the test unless series has the value want.
func wantGauge(t *testing.T, reg *prometheus.Registry, series string, want float64) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	name, labels, _ := strings.Cut(strings.TrimSuffix(series, "}"), "{")
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var got []string
			for _, l := range m.GetLabel() {
				got = append(got, l.GetName()+`="`+l.GetValue()+`"`)
			}
			if f.GetName() == name && strings.Join(got, ",") == labels {
				if v := m.GetGauge().GetValue(); v != want {
					t.Errorf("%s: got %v, want %v", series, v, want)
				}
				return
			}
		}
	}
	t.Errorf("%s is not there", series)
}

func TestGaugesFollowTheMembers(t *testing.T) {
	reg := prometheus.NewRegistry()
	s := memstore.New(reg, memstore.Options{PeerLifetime: time.Hour})
	for n := range 100 {
		announce(t, s, swarm.Announce{InfoHash: hash(n % 10), Peer: peer(n), Seeder: n < 30})
	}
	announce(t, s, swarm.Announce{InfoHash: hash(3), Peer: peer6(1)})
	announce(t, s, swarm.Announce{InfoHash: hash(3), Peer: swarm.WebRTCPeer(bittorrent.PeerID{1})})
	announce(t, s, swarm.Announce{InfoHash: hash(0), Peer: peer(0)})
	announce(t, s, swarm.Announce{InfoHash: hash(1), Peer: peer(1), Event: bittorrent.Stopped})
	wantGauge(t, reg, `starling_swarms{family="ipv4"}`, 10)
	wantGauge(t, reg, `starling_swarms{family="ipv6"}`, 1)
	wantGauge(t, reg, `starling_peers{family="ipv4",role="seeder"}`, 28)
	wantGauge(t, reg, `starling_peers{family="ipv4",role="leecher"}`, 71)
	wantGauge(t, reg, `starling_peers{family="ipv6",role="leecher"}`, 1)
	wantGauge(t, reg, `starling_peers{family="webrtc",role="leecher"}`, 1)
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Errorf("metric names: %v, error %v", problems, err)
	}
}

func TestAFullStoreRefusesNewPeersEverywhere(t *testing.T) {
	s := memstore.New(prometheus.NewRegistry(), memstore.Options{PeerLifetime: time.Hour, MaxPeers: 3})
	announce(t, s, swarm.Announce{InfoHash: hash(1), Peer: peer(1)})
	announce(t, s, swarm.Announce{InfoHash: hash(1), Peer: peer(2)})
	announce(t, s, swarm.Announce{InfoHash: hash(2), Peer: peer6(1)})
	for _, h := range []int{1, 2, 3} {
		_, err := s.Announce(t.Context(), swarm.Announce{InfoHash: hash(h), Peer: peer(9)}, new(swarm.Peers))
		if refused, ok := errors.AsType[swarm.RefusedError](err); !ok || refused.Reason != swarm.Overloaded {
			t.Errorf("a fourth peer, swarm %d: got error %v, want it refused as overloaded", h, err)
		}
	}
	announce(t, s, swarm.Announce{InfoHash: hash(2), Peer: peer6(1), Event: bittorrent.Stopped})
	announce(t, s, swarm.Announce{InfoHash: hash(3), Peer: peer(9)})
}

func TestThePastOfGoneSwarmsIsBounded(t *testing.T) {
	const limit = 256 * 4
	s := memstore.New(prometheus.NewRegistry(), memstore.Options{PeerLifetime: time.Hour, MaxSwarms: limit})
	remembered := uint32(0)
	for n := range 10 * limit {
		a := swarm.Announce{InfoHash: hash(n), Peer: peer(1), Seeder: true, Event: bittorrent.Completed}
		announce(t, s, a)
		a.Event = bittorrent.Stopped
		if got := announce(t, s, a); got.Completed != 1 {
			t.Fatalf("swarm %d: got %+v, want one completed", n, got)
		}
	}
	for n := range 10 * limit {
		stats, _ := s.Scrape(t.Context(), []bittorrent.InfoHash{hash(n)}, nil)
		remembered += stats[0].Completed
	}
	if remembered != limit {
		t.Errorf("got %d swarms remembered, want %d", remembered, limit)
	}
}

func TestDetailShowsAPeersRoleAndTimeLeft(t *testing.T) {
	running(t, memstore.Options{PeerLifetime: time.Hour}, func(s *memstore.Store, _ *prometheus.Registry) {
		announce(t, s, swarm.Announce{InfoHash: hash(1), Peer: peer(1), Event: bittorrent.Completed, Seeder: true})
		time.Sleep(30 * time.Minute)
		announce(t, s, swarm.Announce{InfoHash: hash(1), Peer: peer(2)})
		announce(t, s, swarm.Announce{InfoHash: hash(1), Peer: peer6(3)})
		d, err := s.Detail(t.Context(), hash(1), 10)
		if err != nil || d.InfoHash != hash(1) || d.Completed != 1 || len(d.Pools) != 2 {
			t.Fatalf("got %+v, error %v, want two pools and one completed", d, err)
		}
		p4 := d.Pools[0]
		if p4.Family != swarm.IPv4 || p4.Seeders != 1 || p4.Leechers != 1 || len(p4.Peers) != 2 {
			t.Fatalf("got %+v, want a seeder and a leecher of IPv4", p4)
		}
		for i, want := range []swarm.PeerDetail{
			{Peer: peer(1), Seeder: true, Expires: 30 * time.Minute},
			{Peer: peer(2), Expires: time.Hour},
		} {
			got := p4.Peers[i]
			if got.Peer != want.Peer || got.Seeder != want.Seeder || (got.Expires-want.Expires).Abs() > 2*time.Minute {
				t.Errorf("got %+v, want about %+v", got, want)
			}
		}
		if d, err = s.Detail(t.Context(), hash(1), 1); err != nil || len(d.Pools[0].Peers) != 1 {
			t.Errorf("limit 1: got %+v, error %v", d, err)
		}
		if d, err = s.Detail(t.Context(), hash(2), 1); err != nil || len(d.Pools) != 0 {
			t.Errorf("unknown swarm: got %+v, error %v", d, err)
		}
	})
}
