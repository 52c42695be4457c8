package ops

import (
	"io"
	"net/http"
	"sync/atomic"
)

// A State is what load balancers are told.
type State int32

const (
	Starting State = iota // not ready yet
	Ready                 // send clients
	Draining              // send no more clients; those who come are served
)

var stateNames = [...]string{"starting", "ready", "draining"}

// String returns the word that /readyz answers with.
func (s State) String() string { return stateNames[s] }

// Health is the state of the process. Its zero value is Starting, and it may be used concurrently.
type Health struct {
	// Needs are what the process needs outside of itself. They must be set before it is served.
	Needs []Need

	state atomic.Int32
}

// A Need is something that the process works poorly without.
type Need struct {
	Name     string
	Met      func() bool // may be called concurrently, and answers at once
	Required bool        // without it clients are better off elsewhere
}

// Set changes the state.
func (h *Health) Set(s State) { h.state.Store(int32(s)) }

// serveReady answers 200 when clients are welcome and 503 when they should go elsewhere, and names
// what a ready process lacks.
func (h *Health) serveReady(w http.ResponseWriter, _ *http.Request) {
	state := State(h.state.Load())
	welcome, body := state == Ready, state.String()+"\n"
	if state == Ready {
		for _, n := range h.Needs {
			if !n.Met() {
				body += "degraded: " + n.Name + "\n"
				welcome = welcome && !n.Required
			}
		}
	}
	if !welcome {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = io.WriteString(w, body)
}

// serveLive answers 200: whoever answers needs no restart.
func (h *Health) serveLive(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, "live\n")
}
