import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'
import { promisify } from 'node:util'
import { until } from './stage.ts'

const run = promisify(execFile)

/** Why nobody can be given a network of their own here, for a test's `skip`; false: they can. */
export function noCable(): string | false {
  const able =
    process.env['OMC_TEST_SEALED'] !== undefined &&
    spawnSync('unshare', ['-n', 'nsenter', '--version'], { stdio: 'ignore' }).status === 0
  return able ? false : 'no network of its own here: that needs Linux, root, unshare, nsenter and ip'
}

/** A network of its own, with a cable to this one that can be pulled out. Packets are lost then, and nobody is told. */
export class Cable implements AsyncDisposable {
  /** This side's address. */
  readonly address: string
  /** A command that runs another one over there. */
  readonly within: readonly string[]
  readonly #far: ChildProcess
  readonly #name: string

  private constructor(far: ChildProcess, name: string, address: string) {
    this.#far = far
    this.#name = name
    this.address = address
    this.within = ['nsenter', '-t', String(far.pid), '-n', '--']
  }

  static async open(): Promise<Cable> {
    const far = spawn('unshare', ['-n', 'sleep', 'infinity'], { stdio: 'ignore' })
    const here = readlinkSync('/proc/self/ns/net')
    await until(() => readlinkSync(`/proc/${far.pid}/ns/net`) !== here)
    const name = `omc${far.pid}`
    const cable = new Cable(far, name, '10.77.0.1')
    const [ip, there] = [(...words: string[]) => run('ip', words), cable.within.slice(1)]
    const over = (...words: string[]) => run('nsenter', [...there, 'ip', ...words])
    await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'far', 'netns', String(far.pid))
    await ip('addr', 'add', `${cable.address}/24`, 'dev', name)
    await ip('link', 'set', name, 'up')
    await over('link', 'set', 'lo', 'up')
    await over('addr', 'add', '10.77.0.2/24', 'dev', 'far')
    await over('link', 'set', 'far', 'up')
    return cable
  }

  async pull(): Promise<void> {
    await run('nsenter', [...this.within.slice(1), 'ip', 'link', 'set', 'far', 'down'])
  }

  async plugIn(): Promise<void> {
    await run('nsenter', [...this.within.slice(1), 'ip', 'link', 'set', 'far', 'up'])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run('ip', ['link', 'del', this.#name])
    const ended = once(this.#far, 'exit')
    this.#far.kill('SIGKILL')
    await ended
  }
}
