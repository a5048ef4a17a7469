// Takes away what nobody here reads of the Node that is brought for development: its C headers, a third of it.
// Runs after `npm ci` (prepare in package.json), on whatever Node that was run with.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const brought = fileURLToPath(new URL('../node_modules/node/node_modules', import.meta.url))
for (const name of existsSync(brought) ? readdirSync(brought) : []) {
  if (name.startsWith('node-')) rmSync(join(brought, name, 'include'), { recursive: true, force: true })
}
