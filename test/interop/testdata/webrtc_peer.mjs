// bittorrent-tracker's client with WebRTC: joins a swarm and says what it is told to every peer it meets,
// over a data channel. It prints what it hears, a line each, until SIGTERM; then it leaves and ends.
//
// usage: node webrtc_peer.mjs TRACKER INFO_HASH PEER_ID BYTES_LEFT WORDS
import Client from 'bittorrent-tracker/client'

const [announce, infoHash, peerId, left, words] = process.argv.slice(2)
const print = (...what) => console.log(...what)
const swarm = new Client({
  infoHash, peerId, announce,
  port: 1, // without one it refuses to begin; over WebSocket it tells nobody
  rtcConfig: { iceServers: [] },
  getAnnounceOpts: () => ({ left: Number(left) })
})
swarm.on('update', ({ complete, incomplete }) => print('counts', complete, incomplete))
swarm.on('warning', (err) => print('warning', err.message))
swarm.on('error', (err) => print('error', err.message))
swarm.on('peer', (peer) => {
  peer.on('connect', () => peer.send(words))
  peer.on('data', (data) => print('heard', new TextDecoder().decode(data)))
  peer.on('error', (err) => print('peer error', err.message))
})
process.on('SIGTERM', () => {
  swarm.stop()
  swarm.destroy(() => process.exit())
})
swarm.start()
