// bittorrent-tracker's server, the reference tracker of WebTorrent, on a free port. It prints its address.
//
// usage: node bittorrent_tracker.mjs HOST
import Server from 'bittorrent-tracker/server'

const server = new Server({ udp: false, http: true, ws: true, stats: false })
server.on('warning', (err) => console.log('warning', err.message))
server.listen(0, process.argv[2], () => {
  const { address, port } = server.http.address()
  console.log(`listening ${address}:${port}`)
})
