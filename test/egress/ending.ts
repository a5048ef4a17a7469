// Starts the process outside and ends it again, with nothing else to do: what it waits for has to keep it.
import { hostClock } from '../../src/system/host.ts'
import { EgressProxy } from '../../src/egress/egress.ts'
import { openProgram } from './stage.ts'

const quiet = (): void => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const usual = { logins: {}, hosts: {}, networks: [], environment: {}, clock: hostClock, log, program: openProgram }
const proxy = new EgressProxy({ ...usual, dataFolder: process.argv[2] ?? '' })
await proxy.start(new Set())
await proxy.stop('end')
console.log('ended')
