// Renews one login, started by renewal.ts and outliving whoever started it: a refresh token that was spent is lost with
// whoever dies before the answer is kept. The job comes on standard input, what became of it goes to standard output.
import { text } from 'node:stream/consumers'
import { renewLogin, type RenewalJob } from './renewing.ts'

process.stdout.on('error', () => {})
const job = JSON.parse(await text(process.stdin)) as RenewalJob
const result = await renewLogin(job)
process.stdout.write(`${JSON.stringify(result)}\n`)
