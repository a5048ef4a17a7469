import type { Errands } from '../core/errand.ts'
import { messageOf, Problem } from '../core/failure.ts'
import type { WorkerId } from '../core/ids.ts'
import type { Result } from '../core/desk.ts'
import type { Log } from '../core/log.ts'
import { no } from '../core/result.ts'
import type { Skills } from '../core/skill.ts'
import type { SessionFileNo, Workspaces } from '../core/workspace.ts'

/** Making a clone of a big repository takes a while. A machine that is not there is not waited for. */
const workMs = 300_000
const lookMs = 30_000
/** Discord waits 3 s for suggestions. */
const suggestMs = 2_000

const skillMs = { list: suggestMs, read: lookMs } as const

/** What a file of a session is sent as. */
export type SentFile = { readonly base64: string } | SessionFileNo

/** The folders of another machine: each question is an errand. One that does not answer refuses, or is not known. */
export function remoteWorkspaces(worker: WorkerId, errands: Errands, log: Log): Workspaces {
  const ask = async <Value>(method: keyof Workspaces, given: readonly unknown[], withinMs: number): Promise<Value> =>
    (await errands.ask(worker, 'workspace', { method, given }, withinMs)) as Value

  async function result<Value>(method: keyof Workspaces, given: readonly unknown[]): Promise<Result<Value>> {
    try {
      return await ask<Result<Value>>(method, given, workMs)
    } catch (error) {
      if (!isAway(error)) throw error
      log.warn({ worker, method, error: messageOf(error) }, 'machine.silent')
      return no({ code: 'machine-away', machine: worker })
    }
  }

  async function known<Value>(work: Promise<Value>, otherwise: Value): Promise<Value> {
    try {
      return await work
    } catch (error) {
      if (!isAway(error)) throw error
      return otherwise
    }
  }

  return {
    resolve: (typed) => result('resolve', [typed]),
    suggest: (typed) => known(ask('suggest', [typed], suggestMs), []),
    open: (wish, live) => result('open', [wish, live.filter((each) => each.worker === worker)]),
    move: (session, typed, others) => result('move', [session, typed, others.filter((each) => each.worker === worker)]),
    async close(worktree) {
      const closed = await known(
        ask<Awaited<ReturnType<Workspaces['close']>> | null>('close', [worktree], lookMs),
        null,
      )
      if (closed !== null) return closed
      await errands.leave(worker, 'workspace', { method: 'close', given: [worktree] })
      return { kind: 'kept', why: 'unknown' }
    },
    takeBack: (worktree, consent = null) => ask('takeBack', [worktree, consent], workMs),
    renew: (worktree) => known(ask('renew', [worktree], workMs), 'its machine does not answer'),
    diff: (session) => result('diff', [session]),
    runs: (workdir, command, folder) => known(ask('runs', [workdir, command, folder], lookMs), null),
    obeyedSince: (session, since) => known(ask('obeyedSince', [session, since], workMs), { paths: [], cut: false }),
    async readFile(session, path, most) {
      const sent = await known(ask<SentFile>('readFile', [session, path, most], workMs), 'missing')
      return typeof sent === 'string' ? sent : Buffer.from(sent.base64, 'base64')
    },
    leftovers: (all, live) => known(ask('leftovers', [all, live], workMs), []),
    isTrusted: (folder) => ask('isTrusted', [folder], lookMs),
  }
}

/** The skills of another machine. One that does not answer has none. */
export function remoteSkills(worker: WorkerId, errands: Errands): Skills {
  const ask = async <Value>(method: keyof Skills, given: readonly unknown[], otherwise: Value): Promise<Value> => {
    try {
      return (await errands.ask(worker, 'skills', { method, given }, skillMs[method])) as Value
    } catch (error) {
      if (isAway(error)) return otherwise
      throw error
    }
  }
  return {
    list: (session) => ask('list', [session], []),
    read: (session, name) => ask('read', [session, name], null),
  }
}

function isAway(error: unknown): boolean {
  return error instanceof Problem && error.kind === 'wire'
}
