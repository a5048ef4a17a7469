// A bot's side that is killed: opens a session's way out to the model at <url> and says where.
import { hostClock } from '../../src/system/host.ts'
import { EgressProxy } from '../../src/egress/egress.ts'
import { alpha, caller, openProgram, renewingIn } from './stage.ts'

const [dataFolder = '', upstream = ''] = process.argv.slice(2)
const quiet = (): void => {}
const proxy = new EgressProxy({
  dataFolder,
  logins: { 'claude:default': { kind: 'claude-key', upstream, key: 'key-of-the-first-life' } },
  renewing: renewingIn(dataFolder, 'http://127.0.0.1:9'),
  hosts: {},
  networks: [],
  environment: {},
  clock: hostClock,
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  program: openProgram,
})
proxy.listen({ asked: () => {}, gone: () => {} })
await proxy.start(new Set([alpha]))
console.log(await proxy.open(alpha, caller()))
setInterval(() => {}, 1000)
