// Run after an update of discord-api-spec or of the routes, in packages/sandbox:
// node test/oracle/write-described.ts && npx oxfmt src
import { mkdirSync, writeFileSync } from 'node:fs'
import { buildWorld } from '../../src/description.ts'
import { routesOf } from '../../src/sandbox.ts'
import { describeServed } from './described.ts'

const folder = new URL('../../src/rest/described/', import.meta.url)
mkdirSync(folder, { recursive: true })
for (const [name, text] of describeServed(routesOf(buildWorld({})))) writeFileSync(new URL(name, folder), text)
