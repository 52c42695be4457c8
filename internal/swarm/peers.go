package swarm

import "iter"

// Peers are lists of peers in compact form, back to back, one a family: what stores keep and most
// protocols send, so that who only passes a list on need not look at its peers.
type Peers [Families][]byte

// Append adds p to the list of its family.
func (l *Peers) Append(p Peer) { l[p.family] = p.AppendCompact(l[p.family]) }

// Len returns how many peers the lists hold together.
func (l *Peers) Len() (n int) {
	for f, list := range l {
		n += len(list) / compactLen[f]
	}
	return n
}

// All yields the peers, a family after the other.
func (l *Peers) All() iter.Seq[Peer] {
	return func(yield func(Peer) bool) {
		for f, list := range l {
			for size := compactLen[f]; len(list) >= size; list = list[size:] {
				if !yield(PeerFrom(Family(f), list[:size])) {
					return
				}
			}
		}
	}
}

// Reset empties the lists and keeps their memory.
func (l *Peers) Reset() {
	for f := range l {
		l[f] = l[f][:0]
	}
}
