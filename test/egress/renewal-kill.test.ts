import { deepEqual, equal, match } from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { renewLogin, type RenewalStep } from '../../src/egress/renewing.ts'
import { until } from './stage.ts'
import { TokenStage } from './token-stage.ts'

function program(name: string, ...args: readonly string[]) {
  return spawn(process.execPath, [join(import.meta.dirname, name), ...args], { stdio: ['pipe', 'ignore', 'inherit'] })
}

/** The login is the server's latest, and no refresh token was spent twice. */
function assertWhole(stage: TokenStage): void {
  deepEqual(stage.spent, [...new Set(stage.spent)])
  equal(stage.login().refreshToken, stage.current)
  equal(stage.mode(), 0o600)
  deepEqual(readdirSync(join(dirname(stage.path), '.omc-renewing')), [])
  equal(existsSync(join(dirname(stage.path), '.oauth_refresh.lock')), false)
}

describe('a renewal that is killed', { concurrency: 2 }, () => {
  // Between the server's answer and its first writing nothing can be kept, so that is one step of the process: no death
  // of the bot reaches it (below).
  for (const step of ['begun', 'locked', 'reserved', 'written', 'renamed'] as const satisfies RenewalStep[])
    test(`at "${step}" loses nothing, and the next one spends nothing twice`, async () => {
      await using stage = await TokenStage.open()
      const killed = program('renew-killed.ts', step)
      killed.stdin.end(JSON.stringify(stage.job()))
      const [, signal] = (await once(killed, 'exit')) as [number | null, string | null]
      equal(signal, 'SIGKILL')
      equal(typeof stage.login().refreshToken, 'string', 'what can be read is whole')
      stage.agesLocks()
      const { result } = await renewLogin(stage.job())
      equal(result, step === 'renamed' ? 'not-due' : 'renewed')
      equal(stage.spent.length, 1)
      assertWhole(stage)
    })

  test('after its answer loses nothing, also where the new token ends sooner than the one that was refused', async () => {
    await using stage = await TokenStage.open()
    stage.writes({ accessToken: 'access-0', refreshToken: 'refresh-0', expiresAt: Date.now() + 24 * 3_600_000 })
    const job = stage.job({ refused: 'access-0' })
    const killed = program('renew-killed.ts', 'written')
    killed.stdin.end(JSON.stringify(job))
    await once(killed, 'exit')
    stage.agesLocks()
    equal((await renewLogin(job)).result, 'renewed')
    equal(stage.spent.length, 1)
    assertWhole(stage)
  })

  test('goes on when whoever asked for it is killed while the server answers', async () => {
    await using stage = await TokenStage.open()
    const bot = program('renewing-bot.ts', JSON.stringify(stage.rules), stage.path)
    stage.meanwhile = (_, answer) => {
      bot.kill('SIGKILL')
      void once(bot, 'exit').then(answer)
    }
    await until(() => stage.login().accessToken === 'access-1', 'the new login')
    await until(() => !existsSync(join(dirname(stage.path), '.oauth_refresh.lock')), 'the lock is given back')
    assertWhole(stage)
  })
})

describe('several who renew one login', () => {
  test('spend its token once: three programs at the same time', async () => {
    await using stage = await TokenStage.open()
    const others = [1, 2].map(() => program('renew-killed.ts', 'never'))
    for (const each of others) each.stdin.end(JSON.stringify(stage.job()))
    await Promise.all([renewLogin(stage.job()), ...others.map((each) => once(each, 'exit'))])
    equal(stage.spent.length, 1)
    assertWhole(stage)
  })

  test('take what the CLI has done meanwhile for what it is: nobody renews it again', async () => {
    await using stage = await TokenStage.open()
    // The CLI holds its lock, and gives it back with a new login.
    const lock = join(dirname(stage.path), '.oauth_refresh.lock')
    mkdirSync(lock)
    const steps: RenewalStep[] = []
    const renewing = renewLogin(stage.job(), (step) => steps.push(step))
    // Long enough for it to have found the lock taken.
    for (let nth = 0; nth < 20; nth++) await stat(lock)
    deepEqual(steps, ['begun'])
    stage.writes({ accessToken: 'of-the-cli', refreshToken: 'r', expiresAt: Date.now() + 8 * 3_600_000 })
    rmSync(lock, { recursive: true })
    equal((await renewing).result, 'not-due')
    deepEqual([stage.spent, stage.login().accessToken], [[], 'of-the-cli'])
  })

  test('leave a login alone that a person has put there while the server answered', async () => {
    await using stage = await TokenStage.open()
    stage.meanwhile = (_, answer) => {
      stage.writes({ accessToken: 'of-a-person', refreshToken: 'theirs', expiresAt: 1 })
      answer()
    }
    await renewLogin(stage.job())
    deepEqual([stage.login().accessToken, stage.login().refreshToken], ['of-a-person', 'theirs'])
  })

  test('bring a login back that the CLI has blanked because its token was spent', async () => {
    await using stage = await TokenStage.open()
    stage.meanwhile = (_, answer) => {
      stage.writes({ accessToken: '', refreshToken: '', expiresAt: 0, scopes: ['user:inference'] })
      answer()
    }
    await renewLogin(stage.job())
    assertWhole(stage)
  })
})

test('on a full disk no token is spent; with room it is renewed', async (t) => {
  await using stage = await TokenStage.open('small')
  const small = dirname(stage.path)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small], { stdio: 'pipe' })
  } catch {
    return t.skip('a small disk cannot be mounted here (it takes root on Linux)')
  }
  try {
    stage.writes({ accessToken: 'access-0', refreshToken: 'refresh-0', expiresAt: Date.now() + 60_000 })
    const free = statfsSync(small)
    writeFileSync(join(small, 'filler'), Buffer.alloc((free.bavail - 4) * free.bsize))
    const told = await renewLogin(stage.job())
    deepEqual([told.result, told.diskLow, stage.spent], ['failed', true, []])
    match(told.reason ?? '', /disk.*ENOSPC/)
    equal(stage.login().refreshToken, 'refresh-0')
    rmSync(join(small, 'filler'))
    equal((await renewLogin(stage.job())).result, 'renewed')
    assertWhole(stage)
  } finally {
    execFileSync('umount', ['-l', small])
  }
})
