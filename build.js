// Builds what is published: dist/ holds the sources as JavaScript with their types, and the sandbox's page and README.
// Node strips no types under node_modules, so a package cannot bring TypeScript.
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { execPath, exit } from 'node:process'

const root = import.meta.dirname
// What an earlier build left would be packed, too.
rmSync(join(root, 'dist'), { recursive: true, force: true })
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const built = spawnSync(execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' })
if (built.status !== 0) exit(1)
const page = join('sandbox', 'page')
for (const each of [page, join('sandbox', 'README.md')]) {
  cpSync(join(root, 'src', each), join(root, 'dist', each), { recursive: true })
}
