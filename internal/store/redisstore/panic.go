package redisstore

import (
	"errors"
	"log/slog"
	"runtime/debug"
)

// errPanic is what became of those whose pipeline met a mistake of ours. It is no refusal: clients learn that
// something went wrong, and nothing that they could do would help.
var errPanic = errors.New("panic in a pipeline")

// recovered ends a panic, if there is one: who waits gets an error, and the lane goes on. What became of the
// pipeline is not known. So nothing is remembered of its swarms, whose next announce gives their keys an
// expiry, and what was due is not due again, or it might cost the next pipeline too.
func (l *lane) recovered(reached *bool) {
	cause := recover()
	if cause == nil {
		return
	}
	*reached = true // as far as we know
	l.store.metrics.panics.Inc()
	l.store.log.Error("panic in a pipeline", slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
	l.commands, l.found = newCommands(l.store.conn), found{} // somebody may still write to the old ones
	for _, o := range l.open {
		if o.hint != nil {
			*o.hint = hint{}
		}
		o.err = errPanic
		l.store.finish(o)
	}
	l.open = nil
}
