// Reads a data folder's database from end to end, as a process of its own: in the bot's that would hold up everything else.
import { checkDatabase } from './check.ts'

process.stdout.on('error', () => {})
process.stdout.write(JSON.stringify(checkDatabase(process.argv[2] ?? '')))
