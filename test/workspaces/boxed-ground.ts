import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agentBoxes } from '../../src/confinement/agent-boxes.ts'
import { confinement } from '../../src/confinement/confinement.ts'
import { limitsOf } from '../../src/confinement/limits.ts'
import type { Confinement } from '../../src/core/confinement.ts'
import type { Workspace } from '../../src/core/workspace.ts'
import { Ground } from './repositories.ts'
import { patienceMs } from '../patience.ts'

/** The same ground with our own git in a box, as the bot has it on a machine that can make one. */
export interface BoxedGround extends AsyncDisposable {
  readonly ground: Ground
  readonly confinement: Confinement
  /** The bot's data folder. */
  readonly data: string
}

/** Fails where no box can be made: such a test must not pass silently. */
export async function boxedGround(): Promise<BoxedGround> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'box-')))
  const at = (name: string): string => join(base, name)
  for (const name of ['data', 'program', 'op']) await mkdir(at(name))
  const box = confinement({
    wanted: 'required',
    path: '/usr/bin:/bin',
    platform: process.platform,
    uid: process.getuid?.(),
    folder: join(at('data'), 'own'),
    offLimits: { program: at('program'), data: at('data'), home: at('op'), settings: at('.env') },
    limits: limitsOf({ megabytes: 0, processes: 4096 }),
  })
  assert.deepEqual(box.level(), { boxed: true }, 'this machine cannot box: these tests must not pass silently')
  const ground = await Ground.open({ confinement: box, also: base })
  return { ground, confinement: box, data: at('data'), [Symbol.asyncDispose]: () => ground[Symbol.asyncDispose]() }
}

/** What an agent's shell does in the box of its session, as its CLI starts it. */
export function shell(
  { ground, confinement, data }: BoxedGround,
  name: string,
  workspace: Workspace,
  script: string,
): string {
  const boxes = agentBoxes({ confinement, folder: join(data, 'boxes'), shared: [], own: {} })
  const command = { file: '/bin/sh', args: ['-c', `exec 2>&1; ${script}`], cwd: '/', env: {} }
  const needs = { reads: [], environment: {} }
  const session = ground.session(name, workspace)
  const { file, args, cwd, env } = boxes.wrap(command, { session, access: 'write', needs, egress: null })
  return spawnSync(file, args, { cwd, env, encoding: 'utf8', timeout: patienceMs }).stdout
}
