package redisstore_test

import (
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/store/redisstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func TestDetailShowsASwarmToItsOperator(t *testing.T) {
	for name, url := range map[string]string{
		"single":  redistest.Start(t).URL(),
		"cluster": redistest.StartCluster(t, 3, false).URL(),
	} {
		t.Run(name, func(t *testing.T) {
			conn := connect(t, url)
			s := open(t, conn, options)
			v6 := swarm.PeerFrom(swarm.IPv6, []byte("\x20\x01\x0d\xb8 twelve bytes.."))
			for _, a := range []swarm.Announce{
				{Peer: peer(1)},
				{Peer: peer(2), Seeder: true},
				{Peer: peer(3), Seeder: true, Event: bittorrent.Completed},
				{Peer: v6},
				{Peer: swarm.WebRTCPeer(browserID(1)), Seeder: true},
				{Peer: swarm.WebRTCPeer(browserID(2))},
			} {
				a.InfoHash = hash(1)
				say(t, s, a)
			}
			say(t, s, swarm.Announce{InfoHash: hash(1), Peer: peer(1)}) // what was due has been done
			detail := func(limit int, now time.Time) swarm.Detail {
				t.Helper()
				d, err := redisstore.Detail(t.Context(), conn, hash(1), limit, now)
				if err != nil {
					t.Fatal(err)
				}
				return d
			}
			d := detail(2, time.Now())
			if d.InfoHash != hash(1) || d.Completed != 1 || len(d.Pools) != 3 {
				t.Fatalf("got %+v, want one download and three pools of %v", d, hash(1))
			}
			p := d.Pools[0]
			if p.Family != swarm.IPv4 || p.Seeders != 2 || p.Leechers != 1 || len(p.Peers) != 2 || !p.Peers[0].Seeder || !p.Peers[1].Seeder {
				t.Errorf("got %+v, want 2 seeders, shown, and 1 leecher", p)
			}
			if left := p.Peers[0].Expires; left > time.Hour+2*time.Second || left < 59*time.Minute {
				t.Errorf("got a peer that expires in %v, want about an hour", left)
			}
			if p = d.Pools[1]; p.Family != swarm.IPv6 || len(p.Peers) != 1 || p.Peers[0].Peer != v6 || p.Peers[0].Seeder {
				t.Errorf("got %+v, want the leecher %v", p, v6)
			}
			p = d.Pools[2]
			if p.Family != swarm.WebRTC || p.Seeders != 1 || p.Leechers != 1 || len(p.Peers) != 2 || p.Peers[0].Peer.ID() != browserID(1) {
				t.Errorf("got %+v, want two browsers, the seeder first", p)
			}
			if left := p.Peers[1].Expires; left > options.Lease+2*time.Second || left < options.Lease/2 {
				t.Errorf("got a browser that expires in %v, want about its lease, %v", left, options.Lease)
			}
			if d = detail(10, time.Now().Add(options.Lease+2*time.Second)); len(d.Pools) != 2 {
				t.Errorf("after the lease: got %+v, want no browsers", d)
			}
			if d = detail(0, time.Now()); len(d.Pools) != 3 || len(d.Pools[0].Peers) != 0 || d.Pools[0].Seeders != 2 {
				t.Errorf("limit 0: got %+v, want counts and no peers", d)
			}
			if d = detail(10, time.Now().Add(2*time.Hour)); len(d.Pools) != 0 {
				t.Errorf("two hours later: got %+v, want no peers", d)
			}
		})
	}
}
