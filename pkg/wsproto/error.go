package wsproto

// An Error is why a message was refused, and in words that its sender may be shown. The list is closed.
type Error uint8

const (
	ErrMalformed Error = iota // not UTF-8, not JSON, not an object, or too deep; nothing of it was read
	ErrAction                 // missing, or none that this end of the protocol takes
	ErrInfoHash               // missing, or no binary string of 20 bytes
	ErrPeerID                 // missing, or no binary string of 20 bytes
	ErrToPeerID               // missing, or no binary string of 20 bytes
	ErrOfferID                // missing, or no binary string of 20 bytes
	ErrEvent                  // no event that we know
	ErrOffer                  // no object with a string "sdp"
	ErrAnswer                 // no object with a string "sdp"
)

// Errors is how many errors there are; every Error is below it.
const Errors = 9

var errorTexts = [Errors]string{
	ErrMalformed: "malformed message",
	ErrAction:    "invalid action",
	ErrInfoHash:  "invalid info_hash: must be 20 characters, one a byte",
	ErrPeerID:    "invalid peer_id: must be 20 characters, one a byte",
	ErrToPeerID:  "invalid to_peer_id: must be 20 characters, one a byte",
	ErrOfferID:   "invalid offer_id: must be 20 characters, one a byte",
	ErrEvent:     "invalid event",
	ErrOffer:     "invalid offer: must be an object with sdp",
	ErrAnswer:    "invalid answer: must be an object with sdp",
}

// Error returns a sentence for the sender.
func (e Error) Error() string { return errorTexts[e] }
