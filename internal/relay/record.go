package relay

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A key names a record.
type key struct {
	hash bittorrent.InfoHash
	id   bittorrent.PeerID
}

// A record is a browser in a swarm that a session of this replica announced.
type record struct {
	key
	peer *peer

	// Guarded by the record's shard.
	session   *Session // nil once it is nobody's here
	stamp     swarm.Stamp
	version   swarm.Version // of its last write; zero before the first
	announced time.Duration // when, in Relay.since
	seeder    bool
	writing   bool          // a write is under way, whose end whoever began it notes
	freed     chan struct{} // closed at the end of the write; nil when nobody waits for that
	orphan    bool          // its session closed during a renewal, which releases what it writes
	unwritten bool          // the last write failed
	taking    telling
	queued    bool // it is to be mended
	nth       int  // its place among the records of its peer

	place int // in its room; guarded by the room's shard
	at    int // in its session; guarded by that
}

// A telling is whether the others know that a record was taken.
type telling uint8

const (
	told     telling = iota
	untold           // its Taking may have reached nobody: the store was away and so perhaps the bus, or the bus alone
	tellOnce         // the same, and the bus is back
)

// shardCount is how many locks records share. One byte of the peer ID chooses, which for most clients is
// random.
const shardCount = 256

type shards [shardCount]shard

// A shard is the records of some peer IDs, and the peers that they are of.
type shard struct {
	mu      sync.Mutex // guards what follows, and what records and peers say
	records map[key]*record
	peers   map[bittorrent.PeerID]*peer
}

func (s *shards) start() {
	for i := range s {
		s[i].records = make(map[key]*record)
		s[i].peers = make(map[bittorrent.PeerID]*peer)
	}
}

func (r *Relay) shardOf(id bittorrent.PeerID) *shard { return &r.records[id[len(id)-1]] }

// settled returns the record k, or nil, when no write of it is under way. The shard must be locked, and is
// when settled returns, but not while it waits.
func (sh *shard) settled(ctx context.Context, k key) (*record, error) {
	for {
		rec := sh.records[k]
		if rec == nil || !rec.writing {
			return rec, nil
		}
		if rec.freed == nil {
			rec.freed = make(chan struct{})
		}
		freed := rec.freed
		sh.mu.Unlock()
		var err error
		select {
		case <-freed:
		case <-ctx.Done():
			err = fmt.Errorf("%w: wait for a write: %w", swarm.RefusedError{Reason: swarm.Busy}, ctx.Err())
		}
		sh.mu.Lock()
		if err != nil {
			return nil, err
		}
	}
}

// free notes the end of a write of rec.
func (sh *shard) free(rec *record) {
	rec.writing = false
	if rec.session == nil {
		delete(sh.records, rec.key)
	}
	if rec.freed != nil {
		close(rec.freed)
		rec.freed = nil
	}
}

// add makes rec one of the shard's and of its session's.
func (r *Relay) add(sh *shard, rec *record) {
	sh.records[rec.key] = rec
	rec.peer.add(rec)
	rec.session.add(rec)
	r.rooms.join(rec)
	r.count.Add(1)
}

// forget makes rec nobody's. What the store has of it is the caller's business. While it is being written it
// keeps its place, so that who takes it next writes after that.
func (r *Relay) forget(sh *shard, rec *record) {
	if !rec.writing {
		delete(sh.records, rec.key)
	}
	rec.peer.remove(rec)
	rec.session.remove(rec)
	rec.session = nil
	r.rooms.leave(rec)
	r.count.Add(-1)
	r.leave(rec.peer)
}

// stored returns what the store knows rec as.
func (rec *record) stored() swarm.Record {
	return swarm.Record{InfoHash: rec.hash, Peer: rec.id, Seeder: rec.seeder, Version: rec.version}
}
