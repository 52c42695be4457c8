// Opens the example page in a headless Chromium of its own and does there what a visitor would: seeds a file, or
// saves what the magnet link in the URL leads to. It prints a line each time something is done, and closes
// the browser on SIGTERM.
//
// usage: node page.mjs CHROMIUM PROFILE URL seed|save FILE
import { chromium } from 'playwright-core'

const [executablePath, profile, url, act, path] = process.argv.slice(2)
const browser = await chromium.launchPersistentContext(profile, {
  executablePath,
  args: ['--disable-gpu', '--disable-background-networking', '--allow-loopback-in-peer-connection'],
  chromiumSandbox: false,
  headless: true,
  // Pages that may use the microphone and the camera are offered connections by address, on loopback too.
  permissions: ['microphone', 'camera']
})
process.on('SIGTERM', async () => {
  await browser.close()
  process.exit()
})

const page = await browser.newPage()
page.setDefaultTimeout(0) // whoever started this has a limit of its own
page.on('console', (message) => console.log('console', message.text()))
page.on('pageerror', (err) => console.log('page error', err.message))
await page.goto(url)
if (act === 'seed') {
  await page.setInputFiles('#file', path)
  await page.waitForSelector('#link[href]')
  console.log('seeding', await page.getAttribute('#link', 'href'))
} else {
  const saved = page.waitForEvent('download')
  await page.click('#files a')
  await (await saved).saveAs(path)
  console.log('saved')
}
