import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { REST } from '@discordjs/rest'
import type { Log } from '../../src/core/log.ts'
import { noMeter } from '../../src/core/meter.ts'
import { secretScan } from '../../src/core/secret-scan.ts'
import { Budgets } from '../../src/discord/budgets.ts'
import { Leaving } from '../../src/discord/leaving.ts'
import { createRest } from '../../src/discord/rest.ts'
import { Skew } from '../../src/discord/skew.ts'
import { hostClock } from '../../src/system/host.ts'
import { quietLog } from '../stores/cast.ts'

/** The product's REST client, and at the other end whatever answers as the sandbox never would. */
export interface RawDiscord extends AsyncDisposable {
  readonly rest: REST
}

export async function rawDiscord(answers: RequestListener, log: Log = quietLog): Promise<RawDiscord> {
  const server = createServer(answers)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const leaving = new Leaving(
    secretScan(() => []),
    () => {},
  )
  const rest = createRest({
    token: 'token',
    api: `http://127.0.0.1:${port}/api`,
    log,
    clock: hostClock,
    skew: new Skew(),
    meter: noMeter,
    budgets: new Budgets(hostClock),
    leaving,
    // No story of waiting: on a busy machine forty connections take long to be heard.
    answerWithinMs: 60_000,
  })
  return {
    rest,
    async [Symbol.asyncDispose]() {
      rest.clearHashSweeper()
      rest.clearHandlerSweeper()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
