package reliability_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

// Replication does not wait, so what a master answered just before its end may be lost: hence the epochs.

func TestAFailoverBySentinels(t *testing.T) {
	t.Parallel()
	watched := redistest.StartWatched(t)
	play(t, watched.URL(), scenario{name: "failover by Sentinels, master killed", mishap: func(r *run) time.Time {
		r.load.epoch.Add(1)
		watched.Master.Kill()
		r.degraded()
		back := promoted(watched)
		pause(recoveryTime)
		r.load.epoch.Add(1)
		return back
	}})
}

func TestAFailoverByAFrozenMaster(t *testing.T) {
	t.Parallel()
	watched := redistest.StartWatched(t)
	play(t, watched.URL(), scenario{name: "failover by Sentinels, master frozen, thawed later", mishap: func(r *run) time.Time {
		r.load.epoch.Add(1)
		watched.Master.Freeze()
		defer watched.Master.Thaw()
		back := promoted(watched)
		pause(recoveryTime)
		r.load.epoch.Add(1)
		watched.Master.Thaw() // it finds itself a replica, in a while
		return back
	}})
}

func TestAFailoverOfACluster(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3, true)
	play(t, cluster.URL(), scenario{name: "failover in a Cluster, a master killed", mishap: func(r *run) time.Time {
		r.load.epoch.Add(1)
		cluster.Masters[0].Kill()
		cluster.Replicas[0].Await("its promotion", isMaster(cluster.Replicas[0]))
		for _, node := range append(cluster.Replicas[:1:1], cluster.Masters[1:]...) {
			node.Await("the new master", func(context.Context) error { return serving(node) })
		}
		back := time.Now()
		pause(recoveryTime)
		r.load.epoch.Add(1)
		return back
	}})
}

// TestAMigrationOfSlots moves slots with all their keys while the swarms in them, and no others, are announced
// to. Nobody is refused, and nobody is lost.
func TestAMigrationOfSlots(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3, false)
	from, to := cluster.Masters[0], cluster.Masters[1]
	play(t, cluster.URL(), scenario{name: "slots of a Cluster move", serves: true, slots: movedSlots, mishap: func(*run) time.Time {
		for slot := range movedSlots {
			to.Do("CLUSTER", "SETSLOT", slot, "IMPORTING", from.Text("CLUSTER", "MYID"))
			from.Do("CLUSTER", "SETSLOT", slot, "MIGRATING", to.Text("CLUSTER", "MYID"))
			for over := time.After(while() / movedSlots); moveKeys(slot, from, to, over); {
			}
			for _, node := range append([]*redistest.Server{to, from}, cluster.Masters...) {
				node.Do("CLUSTER", "SETSLOT", slot, "NODE", to.Text("CLUSTER", "MYID"))
			}
		}
		return time.Now()
	}})
}

// movedSlots are the first ones, which are the first master's.
const movedSlots = 4

// moveKeys moves one key after the other, and reports whether it has to go on: until there is none, and time
// is over.
func moveKeys(slot int, from, to *redistest.Server, over <-chan time.Time) bool {
	if keys, _ := from.Do("CLUSTER", "GETKEYSINSLOT", slot, 1).([]any); len(keys) > 0 {
		from.Do("MIGRATE", "127.0.0.1", to.Port(), keys[0], 0, 1000)
		return true
	}
	select {
	case <-over:
		return false
	case <-time.After(time.Millisecond):
		return true
	}
}

// promoted waits until the replica is master and all Sentinels say so, which they learn from each other, within
// two seconds: before, who asks one of them may be sent to the old master. It returns when that was.
func promoted(w *redistest.Watched) time.Time {
	w.Replica.Await("its promotion", isMaster(w.Replica))
	for _, s := range w.Sentinels {
		s.Await("the new master's name", func(context.Context) error {
			if addr := fmt.Sprint(s.Do("SENTINEL", "GET-MASTER-ADDR-BY-NAME", redistest.MasterName)); addr != "[127.0.0.1 "+w.Replica.Port()+"]" {
				return fmt.Errorf("it names %s", addr)
			}
			return nil
		})
	}
	return time.Now()
}

// isMaster asks on a connection of its own: a server closes those that it has when its role changes.
func isMaster(s *redistest.Server) func(context.Context) error {
	return func(ctx context.Context) error {
		client := redis.NewClient(&redis.Options{Addr: s.Addr, Protocol: 2})
		defer client.Close()
		role, err := client.Do(ctx, "ROLE").Slice()
		if err == nil && role[0] != "master" {
			err = fmt.Errorf("it is a %v", role[0])
		}
		return err
	}
}
