package relay

// Waiting returns how many records wait to be written, and to be released.
func Waiting(r *Relay) (unwritten, late int) {
	r.mending.mu.Lock()
	defer r.mending.mu.Unlock()
	r.leaving.mu.Lock()
	defer r.leaving.mu.Unlock()
	return len(r.mending.unwritten), len(r.leaving.late)
}
