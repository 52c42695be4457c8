package e2e_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/client"
)

// TestAPeerIsInTheVeryNextReplyOfAnyOtherReplica announces 10,000 peers over each kind of Redis, each at
// some replica, and then a neighbor at another one, whose list has to name the peer each time. The swarms
// have fewer than 80.
func TestAPeerIsInTheVeryNextReplyOfAnyOtherReplica(t *testing.T) {
	anyProto := []swarm.Proto{swarm.UDP, swarm.UDP, swarm.UDP, swarm.HTTP} // of which HTTP takes longer
	const peers, swarmSize = 10_000 / 2, 79                                // with two replicas, and as many with four
	everywhere(t, func(t *testing.T, f *fleet) {
		var wg sync.WaitGroup
		for n := range walkers {
			rng := newRand(t)
			hosts := [2]*host{
				newHost(t, f, rng, fmt.Sprintf("127.0.%d.1", n+1)),
				newHost(t, f, rng, fmt.Sprintf("127.0.%d.2", n+1)),
			}
			a := client.Announcement{Left: 1, NumWant: maxNumWant}
			wg.Go(func() {
				for i := range peers / walkers {
					if i%swarmSize == 0 {
						a.InfoHash = randomHash(rng)
					}
					a.Port = uint16(1 + i%swarmSize)
					at := rng.IntN(f.size())
					there := f.other(rng, at)
					if _, err := hosts[0].announceAt(f.replica(at), anyProto[rng.IntN(len(anyProto))], a); err != nil {
						t.Errorf("peer %d: %v", i, err)
						return
					}
					neighbor := a
					neighbor.Port = 1
					reply, err := hosts[1].announceAt(f.replica(there), anyProto[rng.IntN(len(anyProto))], neighbor)
					if want := hosts[0].peer(a.Port); err != nil || !slices.Contains(reply.Peers, want) {
						t.Errorf("peer %d at replica %d: got %+v of replica %d, error %v, want %v in it", i, at, reply, there, err, want)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}
