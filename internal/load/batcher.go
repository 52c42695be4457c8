package load

// maxPacket holds the largest answer that a tracker sends.
const maxPacket = 8192

// batchSize is how many datagrams are read and written with one call to the system, at most.
const batchSize = 64
