// Moves a database and is killed on its way: node move-and-die.ts <to> <moment> <data folder> <url>
import { moveToPostgres, moveToSqlite } from '../../src/stores/move.ts'
import { quietLog, realClock } from './cast.ts'

const [to, moment, folder = '', url = ''] = process.argv.slice(2)
const work = to === 'sqlite' ? moveToSqlite : moveToPostgres
await work({
  folder,
  url,
  clock: realClock,
  log: quietLog,
  at: (each) => {
    if (each === moment) process.kill(process.pid, 'SIGKILL')
  },
})
