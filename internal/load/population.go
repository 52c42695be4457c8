package load

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A population is the swarms and their peers. Peer j of a swarm announces from the source j modulo
// the number of sources, and is told from the others there by its port. It is immutable.
type population struct {
	hashes  []bittorrent.InfoHash
	peers   int
	seeders float64
	sources int
	popular *alias // nil: all swarms are as popular
}

// maxPorts is how many peers one source can announce to one swarm: a port each.
const maxPorts = 65535

// A member is one peer of one swarm.
type member struct {
	swarm, peer int
}

func newPopulation(opts Options) (*population, error) {
	sources := max(len(opts.Sources), 1)
	if most := sources * maxPorts; opts.Peers > most {
		return nil, fmt.Errorf("%d peers a swarm from %d addresses: there are ports for %d; give more source addresses",
			opts.Peers, sources, most)
	}
	p := &population{hashes: InfoHashes(opts.Swarms, opts.Seed), peers: opts.Peers, seeders: opts.Seeders, sources: sources}
	if opts.Zipf > 0 {
		p.popular = newAlias(zipf(opts.Swarms, opts.Zipf))
	}
	return p, nil
}

// InfoHashes returns the info hashes of the population that seed makes. They are spread over all
// bytes, as real ones are.
func InfoHashes(n int, seed uint64) []bittorrent.InfoHash {
	rng := newRand(seed, 0)
	hashes := make([]bittorrent.InfoHash, n)
	for i := range hashes {
		h := &hashes[i]
		binary.LittleEndian.PutUint64(h[0:], rng.Uint64())
		binary.LittleEndian.PutUint64(h[8:], rng.Uint64())
		binary.LittleEndian.PutUint32(h[16:], rng.Uint32())
	}
	return hashes
}

func newRand(seed, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, stream)) //nolint:gosec // a load is to be the same again
}

// size returns how many members announce from a source, in all swarms.
func (p *population) size(source int) int { return len(p.hashes) * p.share(source) }

// share returns how many peers of each swarm announce from a source.
func (p *population) share(source int) int { return (p.peers - source + p.sources - 1) / p.sources }

// nth returns the n-th of the members that announce from a source.
func (p *population) nth(source, n int) member {
	return member{swarm: n % len(p.hashes), peer: n/len(p.hashes)*p.sources + source}
}

// pick returns a member that announces from a source: any of the peers of a swarm that is chosen by
// popularity.
func (p *population) pick(rng *rand.Rand, source int) member {
	return member{swarm: p.pickSwarm(rng), peer: rng.IntN(p.share(source))*p.sources + source}
}

func (p *population) pickSwarm(rng *rand.Rand) int {
	if p.popular != nil {
		return p.popular.pick(rng)
	}
	return rng.IntN(len(p.hashes))
}

func (p *population) port(m member) uint16 { return uint16(m.peer/p.sources + 1) }

// left returns what m still lacks: seeders are spread evenly among the peers of a swarm.
func (p *population) left(m member) uint64 {
	if int(float64(m.peer+1)*p.seeders) > int(float64(m.peer)*p.seeders) {
		return 0
	}
	return 1
}

// peerID returns the same 20 bytes for the same member's peer number, as of a known client.
func (p *population) peerID(m member) bittorrent.PeerID {
	id := bittorrent.PeerID([]byte("-SL0001-............"))
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
	for i, n := len(id)-1, uint64(m.peer)*0x9e3779b97f4a7c15>>4; i >= 8; i, n = i-1, n>>5 {
		id[i] = digits[n%32]
	}
	return id
}
