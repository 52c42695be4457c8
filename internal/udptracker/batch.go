package udptracker

// batchSize is how many datagrams are read and written with one call to the system, and how many
// replies may wait for the last of their batch: some ten microseconds of work. Most of what a call
// costs is shared by then; batches of 64 were no cheaper an announce when measured, rather dearer.
const batchSize = 16

// maxRequest holds the largest request: an announce with BEP 41 options of a few long paths, or a
// scrape of 74 swarms. What a datagram has beyond it is cut off, which BEP 41 allows for.
const maxRequest = 2048
