// Writes the messages beside it, as JSON.stringify has them: node stringify.js
const fs = require('fs')
const path = require('path')

// id is a binary string that counts up from first.
const id = first => Array.from({ length: 20 }, (_, i) => String.fromCharCode((first + i) & 255)).join('')

const sdp = 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns="a\\b"\u2028\u{1f426}\r\n'
const offer = { type: 'offer', sdp }
const answer = { type: 'answer', sdp }

const files = {} // every byte value is in one of their keys
for (let i = 0; i < 13; i++) files[id(20 * i)] = { complete: i, incomplete: 4294967295, downloaded: 2 * i }

const messages = {
  reply: { complete: 0, incomplete: 1, action: 'announce', interval: 120, info_hash: id(0) },
  offer: { action: 'announce', offer, offer_id: id(120), peer_id: id(20), info_hash: id(240) },
  answer: { action: 'announce', answer, offer_id: id(120), peer_id: id(20), info_hash: id(240) },
  scrape: { action: 'scrape', files, flags: { min_request_interval: 600 } },
  'scrape-nothing': { action: 'scrape', files: {}, flags: { min_request_interval: 600 } },
  failure: { action: 'announce', 'failure reason': 'no "swarm" \\ \u0000\b\t\n\u000b\f\r\u001f\u007f \u00e9\u2028\u{1f426}', info_hash: id(0) },
  'failure-of-nothing': { action: 'announce', 'failure reason': 'malformed message', info_hash: '' },
  announce: {
    numwant: 5,
    uploaded: 1,
    downloaded: 2,
    left: Infinity, // of a magnet link
    event: 'started',
    action: 'announce',
    info_hash: id(0),
    peer_id: id(20),
    offers: [{ offer, offer_id: id(120) }, { offer, offer_id: id(140) }]
  },
  'announce-again': { uploaded: 1, downloaded: 2, left: 0, action: 'announce', info_hash: id(0), peer_id: id(20), offers: [] },
  'answer-request': { action: 'announce', info_hash: id(240), peer_id: id(20), to_peer_id: id(40), answer, offer_id: id(120) },
  'scrape-request': { action: 'scrape', info_hash: [id(0), id(120)] }
}
for (const [name, message] of Object.entries(messages)) {
  fs.writeFileSync(path.join(__dirname, name + '.json'), JSON.stringify(message))
}
