package swarm

// A Call is an announce that is made together with others, and what came of it.
type Call struct {
	Announce Announce
	Peers    Peers // the list is appended
	Reply    Reply // zero when there is an error
	Err      error
}
