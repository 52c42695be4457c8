package interop_test

import (
	"testing"

	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

// TestClientsOfDifferentReplicasTransfer has the seeder know one replica and the leecher the other. All
// that the two replicas have of each other is one Redis.
func TestClientsOfDifferentReplicasTransfer(t *testing.T) {
	t.Parallel()
	needClients(t)
	for name, startRedis := range map[string]func(*testing.T) (url string){
		"Single":  func(t *testing.T) string { return redistest.Start(t).URL() },
		"Cluster": func(t *testing.T) string { return redistest.StartCluster(t, 3, false).URL() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := "--redis.url=" + startRedis(t)
			replicas := [2]*starlingtest.Server{launchServer(t, url), launchServer(t, url)} // at the same moment
			for _, r := range replicas {
				r.AwaitReady(t)
			}
			for _, e := range encounters {
				t.Run(e.name, func(t *testing.T) {
					t.Parallel()
					e.transfer(t, replicas[0], replicas[1])
				})
			}
		})
	}
}
