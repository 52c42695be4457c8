package redisconn

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

// A watcher has the client ask who serves what when a pipeline to a Cluster did not get through, since the
// node may have been replaced. The client itself does so for single commands, and otherwise once a minute.
// It asks once at a time, and not again for 200 ms.
type watcher struct{ cluster *redis.ClusterClient }

func (w watcher) DialHook(next redis.DialHook) redis.DialHook { return next }

func (w watcher) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (w watcher) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		if err != nil && cutOff(cmds) {
			w.cluster.ReloadState(ctx)
		}
		return err
	}
}

// cutOff reports whether any command was not answered, not even with an error.
func cutOff(cmds []redis.Cmder) bool {
	for _, cmd := range cmds {
		if err := cmd.Err(); err != nil {
			if _, answer := errors.AsType[redis.Error](err); !answer {
				return true
			}
		}
	}
	return false
}
