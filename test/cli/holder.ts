import { writeFileSync } from 'node:fs'
import { hostClock } from '../../src/system/host.ts'
import { takeLock } from '../../src/stores/lock.ts'

/** Stands for a running bot: holds the data folder, and writes into it which signal told it to end. */
const [, , folder = '', how = ''] = process.argv
const lock = await takeLock(folder, hostClock)
for (const signal of ['SIGTERM', 'SIGUSR2'] as const) {
  process.on(signal, () => {
    writeFileSync(`${folder}/told`, signal)
    if (how !== 'crash') lock.close()
    process.exit(0)
  })
}
setInterval(() => {}, 60_000)
console.log('held')
