// Starts the process outside and ends it again, with nothing else to do: what it waits for has to keep it.
import { hostClock } from '../../src/system/host.ts'
import { EgressProxy } from '../../src/egress/egress.ts'
import { openProgram, renewingIn } from './stage.ts'

const quiet = (): void => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const [dataFolder = ''] = process.argv.slice(2)
const renewing = renewingIn(dataFolder, 'http://127.0.0.1:9')
const usual = {
  logins: {},
  renewing,
  hosts: {},
  networks: [],
  environment: {},
  clock: hostClock,
  log,
  program: openProgram,
}
const proxy = new EgressProxy({ ...usual, dataFolder })
await proxy.start(new Set())
await proxy.stop('end')
console.log('ended')
