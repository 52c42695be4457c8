package redisconn

import (
	"encoding/hex"
	"strconv"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Slots is how many slots a Cluster has.
const Slots = 16384

// Slot returns the slot of a Cluster that all keys of a swarm are in: CRC16 of what stands in their
// braces.
func Slot(h bittorrent.InfoHash) int {
	var tag [6]byte
	hex.Encode(tag[:], h[:3])
	return int(crc16(tag[:])) % Slots
}

// PartitionSlot returns the slot of a Cluster that all channels of a partition are in.
func PartitionSlot(partition int) int { return int(crc16([]byte(strconv.Itoa(partition)))) % Slots }

// crc16 is the XMODEM variant that Redis uses: polynomial 0x1021 from zero.
func crc16(data []byte) (crc uint16) {
	for _, b := range data {
		crc = crc<<8 ^ crcTable[byte(crc>>8)^b]
	}
	return crc
}

var crcTable = func() (table [256]uint16) {
	for i := range table {
		crc := uint16(i) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
		table[i] = crc
	}
	return table
}()
