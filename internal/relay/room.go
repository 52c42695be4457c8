package relay

import (
	"math/rand/v2"
	"sync"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A room is the records of this replica in one swarm: a dense array, seeders first. What is renewed together
// is taken from it, and while the store is away, it is all that is known of the swarm.
type room struct {
	records []*record
	seeders int
}

// roomShards is how many locks rooms share. One byte of the info hash chooses.
const roomShards = 256

type rooms [roomShards]roomShard

type roomShard struct {
	mu    sync.Mutex // guards what follows, and the places of records
	rooms map[bittorrent.InfoHash]*room
}

func (x *rooms) start() {
	for i := range x {
		x[i].rooms = make(map[bittorrent.InfoHash]*room)
	}
}

func (x *rooms) of(h bittorrent.InfoHash) *roomShard { return &x[h[0]] }

// join adds rec in the role that it has.
func (x *rooms) join(rec *record) {
	sh := x.of(rec.hash)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	rm := sh.rooms[rec.hash]
	if rm == nil {
		rm = new(room)
		sh.rooms[rec.hash] = rm
	}
	rec.place = len(rm.records)
	rm.records = append(rm.records, rec)
	if rec.seeder {
		rm.swap(rec.place, rm.seeders)
		rm.seeders++
	}
}

// leave removes rec.
func (x *rooms) leave(rec *record) {
	sh := x.of(rec.hash)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	rm := sh.rooms[rec.hash]
	if rec.place < rm.seeders {
		rm.seeders--
		rm.swap(rec.place, rm.seeders)
	}
	last := len(rm.records) - 1
	rm.swap(rec.place, last)
	rm.records[last] = nil
	rm.records = rm.records[:last]
	if last == 0 {
		delete(sh.rooms, rec.hash)
	}
}

// move gives rec the other role.
func (x *rooms) move(rec *record, seeder bool) {
	sh := x.of(rec.hash)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	rm := sh.rooms[rec.hash]
	if seeder {
		rm.swap(rec.place, rm.seeders)
		rm.seeders++
	} else {
		rm.seeders--
		rm.swap(rec.place, rm.seeders)
	}
}

func (rm *room) swap(i, j int) {
	rs := rm.records
	rs[i], rs[j] = rs[j], rs[i]
	rs[i].place, rs[j].place = i, j
}

// all appends the records of a shard, those of a swarm together.
func (sh *roomShard) all(dst []*record) []*record {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for _, rm := range sh.rooms {
		dst = append(dst, rm.records...)
	}
	return dst
}

// sample appends at most want others than self of the swarm h, leechers first for a seeder, and returns the
// counts.
func (x *rooms) sample(h bittorrent.InfoHash, self bittorrent.PeerID, seeder bool, want int, peers *swarm.Peers) swarm.Stats {
	sh := x.of(h)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	rm := sh.rooms[h]
	if rm == nil {
		return swarm.Stats{}
	}
	seeders, leechers := rm.records[:rm.seeders], rm.records[rm.seeders:]
	if seeder {
		left := window(leechers, self, want, peers)
		window(seeders, self, left, peers)
	} else {
		window(rm.records, self, want, peers)
	}
	return swarm.Stats{Seeders: uint32(len(seeders)), Leechers: uint32(len(leechers))}
}

// window appends want of the records other than self, from a random one on, and returns how many there were
// too few.
func window(records []*record, self bittorrent.PeerID, want int, peers *swarm.Peers) (left int) {
	n := len(records)
	if n == 0 {
		return want
	}
	start := rand.IntN(n) //nolint:gosec // nothing is lost if it is guessed
	for i := 0; i < n && want > 0; i++ {
		if rec := records[(start+i)%n]; rec.id != self {
			peers.Append(swarm.WebRTCPeer(rec.id))
			want--
		}
	}
	return want
}
