package memstore

// ReadClock moves the store's time and leaves the dead where they are.
func (s *Store) ReadClock() { s.readClock() }
