/**
 * Ends the processes that a bot has left at rest, when none has come back for them.
 *
 *     node end-resting.ts <file> <token>
 */
import { join } from 'node:path'
import { argv } from 'node:process'
import { LeaseRecords } from './lease-records.ts'
import { defaultLimits } from './limits.ts'
import { PooledProcess } from './pooled-process.ts'
import { claimResting } from './resting.ts'
import { readRecord, Spool } from './spool.ts'

const [, , file = '', token = ''] = argv
const left = claimResting(file, token)
if (left !== null) {
  const { dataDir, data, farewell } = left
  const records = new LeaseRecords(dataDir)
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  for (const { name, generation } of left.processes) {
    const folder = join(dataDir, 'spools', name)
    if (readRecord(folder)?.generation !== generation) continue
    const spool = await Spool.attach(folder)
    if (spool === null) continue
    const sessions = () => records.at(name).map(({ session }) => session)
    await new PooledProcess(spool, null, {
      data,
      farewell,
      patience: defaultLimits,
      log,
      sessions,
      hasOthersInBox: () => false,
    }).end('asked')
  }
}
