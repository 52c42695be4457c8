// Runs bittorrent-tracker's server on one address, with one protocol:
// node rival.mjs SERVER.JS udp|http|ws HOST PORT
import { pathToFileURL } from 'node:url'

const [path, protocol, host, port] = process.argv.slice(2)
const { default: Server } = await import(pathToFileURL(path))
const server = new Server({ udp: protocol === 'udp', http: protocol === 'http', ws: protocol === 'ws', stats: false })
if (server.udp6) {
  server.udp6.close() // the load is IPv4, and the machine may be too
  server.udp6 = null
}
server.on('error', (err) => {
  console.error(String(err))
  process.exit(1)
})
server.listen(Number(port), host)
