package redisstore

// ForgetHints empties the hint tables. Nobody may announce meanwhile.
func (s *Store) ForgetHints() {
	for _, l := range s.lanes {
		clear(l.hints.swarms)
	}
}
