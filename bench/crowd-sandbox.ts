// The sandbox with a crowd, in a process of its own, so that its memory is its own. Ends when its parent lets go.
import { startSandbox } from 'loopback-discord'

const people = Array.from({ length: Number(process.argv[2]) }, (_, nth) => `person${nth}`)
const sandbox = await startSandbox({ limits: 'real', world: { guild: { channels: ['general'], people } } })
process.send?.({ api: sandbox.api, token: sandbox.bot.token, channel: sandbox.channel('general'), url: sandbox.url })
process.on('disconnect', () => process.exit(0))
