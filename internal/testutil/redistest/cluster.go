package redistest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// slots is how many hash slots a Cluster has.
const slots = 16384

// A Cluster is a Redis Cluster.
type Cluster struct {
	Masters  []*Server
	Replicas []*Server // replica i follows master i, if there are any
}

// StartCluster starts a Cluster of so many masters, each with a replica when replicas is set, further
// arguments on the command line of each, and waits until all of them say that it is well.
func StartCluster(tb testing.TB, masters int, replicas bool, args ...string) *Cluster {
	tb.Helper()
	return StartClusterFor(tb, Access{}, masters, replicas, args...)
}

// StartClusterFor is [StartCluster] of servers that have to be used as access says.
func StartClusterFor(tb testing.TB, access Access, masters int, replicas bool, args ...string) *Cluster {
	tb.Helper()
	args = append(access.replication(), args...)
	args = append([]string{"--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--repl-diskless-sync-delay", "0"}, args...)
	c := &Cluster{}
	for i := range masters {
		s := StartFor(tb, access, args...)
		s.Do("CLUSTER", "ADDSLOTSRANGE", i*slots/masters, (i+1)*slots/masters-1)
		s.Do("CLUSTER", "SET-CONFIG-EPOCH", i+1)
		c.Masters = append(c.Masters, s)
	}
	if replicas {
		for range masters {
			c.Replicas = append(c.Replicas, StartFor(tb, access, args...))
		}
	}
	for i, s := range c.nodes() {
		for _, other := range c.nodes()[:i] { // gossip would tell them, in some seconds
			s.Do("CLUSTER", "MEET", "127.0.0.1", other.Port())
		}
	}
	c.await()
	for i, s := range c.Replicas {
		id := c.Masters[i].Text("CLUSTER", "MYID")
		s.Await("its master's name", func(ctx context.Context) error {
			return s.client.Do(ctx, "CLUSTER", "REPLICATE", id).Err()
		})
		s.Await("its master's data", func(context.Context) error {
			if !strings.Contains(s.Text("INFO", "replication"), "master_link_status:up") {
				return errors.New("the link is down")
			}
			return nil
		})
	}
	c.await()
	return c
}

func (c *Cluster) nodes() []*Server {
	return append(slices.Clip(c.Masters), c.Replicas...)
}

// await waits until every node knows every other and says that all is well.
func (c *Cluster) await() {
	want := len(c.nodes())
	for _, s := range c.nodes() {
		s.Await("the cluster", func(context.Context) error {
			info := s.Text("CLUSTER", "INFO")
			if !strings.Contains(info, "cluster_state:ok") ||
				!strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d\r", want)) {
				return fmt.Errorf("the cluster is not well: %s", info)
			}
			return nil
		})
	}
}

// URL returns the redis:// or rediss:// URL of the Cluster, with the addresses of all masters.
func (c *Cluster) URL() string {
	addrs := make([]string, 0, len(c.Masters))
	for _, s := range c.Masters {
		addrs = append(addrs, s.Addr)
	}
	return c.Masters[0].access.url(strings.Join(addrs, ","), "/?mode=cluster")
}
