package wstracker

import (
	"net/netip"
	"sync"
	"time"
)

// ipv6Site is how much of an IPv6 address is one site's, which may use all addresses within.
const ipv6Site = 64

// sessions are those that are open or being opened. net/http does not wait for connections that left
// it, so that is done here.
type sessions struct {
	max, maxOfAddress int // zero: no limit

	mu        sync.Mutex // guards the following
	places    int        // taken, by sessions and by handshakes
	ofAddress map[netip.Prefix]int
	open      map[*session]struct{}
	ending    bool
	none      chan struct{} // closed when ending and no place is taken
}

func newSessions(maxAll, maxOfAddress int) *sessions {
	return &sessions{
		max: maxAll, maxOfAddress: maxOfAddress,
		ofAddress: make(map[netip.Prefix]int), open: make(map[*session]struct{}), none: make(chan struct{}),
	}
}

// site returns the addresses that count as one.
func site(addr netip.Addr) netip.Prefix {
	bits := addr.BitLen()
	if addr.Is6() {
		bits = ipv6Site
	}
	p, _ := addr.Prefix(bits) // as many bits as it has
	return p
}

// enter takes a place for a caller, or says why there is none.
func (s *sessions) enter(caller netip.Addr) (why refusal, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ending:
		return stopping, false
	case s.max > 0 && s.places >= s.max:
		return full, false
	case s.maxOfAddress == 0:
	case s.ofAddress[site(caller)] >= s.maxOfAddress:
		return fullAddress, false
	default:
		s.ofAddress[site(caller)]++
	}
	s.places++
	return 0, true
}

// leave gives a place back.
func (s *sessions) leave(caller netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.maxOfAddress > 0 {
		if s.ofAddress[site(caller)]--; s.ofAddress[site(caller)] == 0 {
			delete(s.ofAddress, site(caller))
		}
	}
	s.places--
	s.noticeNone()
}

// add makes a place that was taken that of an open session. It returns false when all have been called
// to their end already.
func (s *sessions) add(of *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[of] = struct{}{}
	return !s.ending
}

// remove ends the membership of an open session, and gives its place back.
func (s *sessions) remove(of *session, caller netip.Addr) {
	s.mu.Lock()
	delete(s.open, of)
	s.mu.Unlock()
	s.leave(caller)
}

// end refuses all who come from now on, and returns the sessions that are open.
func (s *sessions) end() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ending = true
	s.noticeNone()
	all := make([]*session, 0, len(s.open))
	for of := range s.open {
		all = append(all, of)
	}
	return all
}

func (s *sessions) noticeNone() {
	if !s.ending || s.places > 0 {
		return
	}
	select {
	case <-s.none:
	default:
		close(s.none)
	}
}

// awaitNone reports whether all places are free, at the latest after d.
func (s *sessions) awaitNone(d time.Duration) bool {
	timeout := time.NewTimer(d)
	defer timeout.Stop()
	select {
	case <-s.none:
		return true
	case <-timeout.C:
		return false
	}
}
