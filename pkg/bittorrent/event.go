package bittorrent

import "strconv"

// An Event is why a client announces. Its numbers are those of BEP 15.
type Event uint8

const (
	None      Event = iota // a regular announce
	Completed              // the download just finished
	Started                // the first announce of a session
	Stopped                // the client leaves
	Paused                 // a partial seed wants no more pieces (BEP 21)
)

// Events is how many events there are; every Event is below it.
const Events = 5

var eventNames = [Events]string{"none", "completed", "started", "stopped", "paused"}

// String returns the word that HTTP announces use, and "none" for None.
func (e Event) String() string {
	if int(e) < len(eventNames) {
		return eventNames[e]
	}
	return "event " + strconv.Itoa(int(e))
}
