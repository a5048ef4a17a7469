// Renews a login as `renew.ts` does, and dies at a step: renew-killed.ts <step>. The job comes on standard input.
import { text } from 'node:stream/consumers'
import { renewLogin, type RenewalJob } from '../../src/egress/renewing.ts'

const job = JSON.parse(await text(process.stdin)) as RenewalJob
await renewLogin(job, (step) => {
  if (step === process.argv[2]) process.kill(process.pid, 'SIGKILL')
})
