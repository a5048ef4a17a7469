// Run after an update of discord-api-spec or of the routes: node test/oracle/write-described.ts && oxfmt src/sandbox
import { mkdirSync, writeFileSync } from 'node:fs'
import { buildWorld } from '../../src/sandbox/description.ts'
import { routesOf } from '../../src/sandbox/sandbox.ts'
import { describeServed } from './described.ts'

const folder = new URL('../../src/sandbox/rest/described/', import.meta.url)
mkdirSync(folder, { recursive: true })
for (const [name, text] of describeServed(routesOf(buildWorld({})))) writeFileSync(new URL(name, folder), text)
