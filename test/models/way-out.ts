import { mkdirSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { join } from 'node:path'

/** What stands where boxes find their way out to the model: a socket in a folder. Made for a test, disposed of after it. */
export interface WayOut extends AsyncDisposable {
  readonly folder: string
}

/** Passes everything on to a scripted model, with the key put in outside. */
export async function openWayOut(
  folder: string,
  model: string,
  login: Readonly<Record<string, string>>,
): Promise<WayOut> {
  mkdirSync(folder)
  const server = createServer((asked, reply) => {
    const headers = { ...asked.headers, ...login, host: new URL(model).host }
    const onwards = request(new URL(asked.url ?? '/', model), { method: asked.method, headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(reply)
    })
    // Either side may go at any time.
    onwards.on('error', () => reply.destroy())
    reply.on('close', () => onwards.destroy())
    asked.pipe(onwards)
  })
  await new Promise<void>((resolve) => server.listen(join(folder, 'egress.sock'), resolve))
  return {
    folder,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
