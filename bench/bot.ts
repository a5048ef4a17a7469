// The bot as the bench starts it: the product's own composition, with a checkpoint that tells when it was passed.
import { homedir } from 'node:os'
import { writeSync } from 'node:fs'
import { createApp } from '../src/app.ts'
import { loadConfig } from '../src/config/load.ts'
import { createLog, logGoesTo } from '../src/config/log.ts'
import { messageOf } from '../src/core/failure.ts'

/** The time is taken before the line is written; writing costs some ten microseconds, which the next mark carries. */
function tell(name: string): void {
  const at = performance.timeOrigin + performance.now()
  writeSync(1, `{"msg":"mark","name":"${name}","at":${at}}\n`)
}

const config = loadConfig({ env: process.env, folder: process.cwd(), home: homedir() })
const log = createLog({ level: config.logLevel, secrets: config.secrets, to: logGoesTo(config.logFile) })
const app = createApp({ config, log, environment: process.env, checkpoint: tell })

process.on('SIGTERM', () => void app.stop('leave').then(() => process.exit(0)))
process.on('unhandledRejection', fail)
process.on('uncaughtException', fail)
await app.start().catch(fail)
tell('ready')
log.info({ healthPort: app.healthPort }, 'app.started')

function fail(error: unknown): void {
  log.error({ error: messageOf(error), stack: error instanceof Error ? error.stack : undefined }, 'app.failed')
  process.exit(1)
}
