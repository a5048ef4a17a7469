/**
 * What a bot does that somebody started at a terminal: says whether it has that terminal, then whether its git has.
 *
 *     node at-a-terminal.ts <JSON of ConfinementOptions> <folder>
 */
import { spawnSync } from 'node:child_process'
import { argv } from 'node:process'
import { confinement, type ConfinementOptions } from '../../src/confinement/confinement.ts'
import { Git } from '../../src/workspaces/git.ts'

const [, , options = '', folder = ''] = argv
const looking = '(: < /dev/tty) 2> /dev/null && echo has || echo none'
const own = spawnSync('/bin/sh', ['-c', looking], { encoding: 'utf8' }).stdout.trim()
for (const wanted of ['required', 'off'] as const) {
  const box = confinement({ ...(JSON.parse(options) as ConfinementOptions), wanted })
  const mounts = [{ source: folder, access: 'write' }] as const
  const git = new Git({ confinement: box, cwd: folder, environment: {}, mounts, home: `${folder}-home` })
  const answer = await git.run(['-c', `alias.look=!${looking}`, 'look'])
  console.log(`${wanted}: the bot ${own}, its git ${answer.ok ? answer.out.trim() : answer.detail}`)
}
