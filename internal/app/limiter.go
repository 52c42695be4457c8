package app

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// logBurst is how many warnings and errors of one message are logged within logWindow.
	logBurst  = 10
	logWindow = 10 * time.Second
)

// A limiter is a slog.Handler that bounds warnings and errors: a fault that every request meets
// must not fill a disk. Messages are constants, so they are few. Of those left out the first of
// the next window tells the number.
type limiter struct {
	next  slog.Handler
	state *limiterState // shared by the handlers that WithAttrs and WithGroup make
}

type limiterState struct {
	mu       sync.Mutex // guards messages
	messages map[string]*messageCount
}

type messageCount struct {
	since   time.Time
	logged  int
	dropped int
}

func newLimiter(next slog.Handler) *limiter {
	return &limiter{next: next, state: &limiterState{messages: make(map[string]*messageCount)}}
}

func (l *limiter) Enabled(ctx context.Context, level slog.Level) bool {
	return l.next.Enabled(ctx, level)
}

func (l *limiter) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &limiter{l.next.WithAttrs(attrs), l.state}
}

func (l *limiter) WithGroup(name string) slog.Handler {
	return &limiter{l.next.WithGroup(name), l.state}
}

func (l *limiter) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		dropped, ok := l.state.take(r.Message, r.Time)
		if !ok {
			return nil
		}
		if dropped > 0 {
			r.AddAttrs(slog.Int("suppressed", dropped))
		}
	}
	return l.next.Handle(ctx, r)
}

// take reports whether one more of message may be logged, and how many were not before.
func (s *limiterState) take(message string, now time.Time) (dropped int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messages[message]
	if m == nil {
		m = &messageCount{since: now}
		s.messages[message] = m
	}
	if now.Sub(m.since) >= logWindow {
		dropped = m.dropped
		*m = messageCount{since: now}
	}
	if m.logged == logBurst {
		m.dropped++
		return 0, false
	}
	m.logged++
	return dropped, true
}
