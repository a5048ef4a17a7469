import { deepEqual, equal, match } from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import type { ModelLogin } from '../../src/core/egress.ts'
import type { AccountId, RuntimeName } from '../../src/core/ids.ts'
import { LoginDaemon } from '../../src/egress/login-daemon.ts'
import { renewLogin } from '../../src/egress/renewing.ts'
import { hostClock } from '../../src/system/host.ts'
import { until } from './stage.ts'
import { TokenStage } from './token-stage.ts'

const hourMs = 3_600_000
const [claude, usual] = ['claude' as RuntimeName, 'default' as AccountId]

/** The daemon of a bot, which looks when the test says so. */
class Watch implements Disposable {
  readonly stage: TokenStage
  readonly daemon: LoginDaemon
  readonly logged: { readonly message: string; readonly fields: object }[] = []

  constructor(stage: TokenStage, login?: ModelLogin, freeBytes: number | null = null) {
    this.stage = stage
    const hear = (fields: object, message: string): void => void this.logged.push({ fields, message })
    this.daemon = new LoginDaemon({
      logins: { 'claude:default': login ?? { kind: 'claude-file', upstream: 'http://127.0.0.1:9', path: stage.path } },
      renewing: stage.rules,
      earlierRecord: this.earlier,
      environment: {},
      clock: hostClock,
      log: { debug: hear, info: hear, warn: hear, error: hear },
      everyMs: 86_400_000,
      freeBytes: async () => freeBytes,
    })
  }

  get earlier(): string {
    return join(this.stage.folder, '.omc', 'state', 'token-refresh.json')
  }

  /** Waits until it has told this once more than before. */
  async tells(message: string, after: () => void): Promise<void> {
    const before = this.logged.filter((each) => each.message === message).length
    after()
    await until(() => this.logged.filter((each) => each.message === message).length > before, message)
  }

  /** As if it had failed so often, a while ago. */
  hasFailed(failures: number): void {
    const state = { failures, failedAt: Date.now() - hourMs, reason: 'HTTP 500', token: null }
    writeFileSync(this.stage.record, JSON.stringify({ version: 1, logins: { [this.stage.path]: state } }))
  }

  async told(): Promise<readonly string[]> {
    return (await this.daemon.check()).map(({ id, level, stage, text }) => `${level} ${id} ${stage ?? ''}: ${text}`)
  }

  [Symbol.dispose](): void {
    this.daemon.close()
  }
}

describe('the daemon', { concurrency: 2 }, () => {
  test('renews a login four hours before its end, says so, and tells how it stands', async () => {
    await using stage = await TokenStage.open()
    using watch = new Watch(stage)
    equal(watch.daemon.status().daemonRunning, false)
    stage.writes({ accessToken: 'access-0', refreshToken: 'refresh-0', expiresAt: Date.now() + 3.9 * hourMs })
    await watch.tells('token-refresh.success', () => watch.daemon.start())
    const { hasToken, remainingMin, daemonRunning, refreshFailures, lastRefresh } = watch.daemon.status()
    deepEqual([hasToken, daemonRunning, refreshFailures], [true, 'running', 0])
    equal(remainingMin !== null && remainingMin > 470 && remainingMin <= 480, true)
    equal(lastRefresh !== null && lastRefresh <= Date.now(), true)
    equal(stage.login().accessToken, 'access-1')
    equal((await renewLogin(stage.job())).result, 'not-due', 'eight hours are enough')
  })

  test('while its server hangs nobody waits: whoever wakes it, asks it or looks at it is answered, and it goes on', async () => {
    await using stage = await TokenStage.open()
    using watch = new Watch(stage)
    const hanging = Promise.withResolvers<() => void>()
    stage.meanwhile = (_, answer) => hanging.resolve(answer)
    watch.daemon.start()
    const answer = await hanging.promise
    watch.daemon.wakeUp()
    equal(watch.daemon.failed(claude, usual), true, 'the run may be tried again')
    equal(watch.daemon.status().daemonRunning, 'running')
    match((await watch.told()).join(), /was not taken/)
    await watch.tells('token-refresh.success', answer)
    deepEqual([stage.spent, stage.login().accessToken], [['refresh-0'], 'access-1'])
  })

  test('tells of the third, the seventh and the tenth failure, gives up, and takes up a new login by itself', async () => {
    await using stage = await TokenStage.open()
    using watch = new Watch(stage)
    stage.meanwhile = (answered) => answered.writeHead(500).end('{}')
    const stages: (number | undefined)[] = []
    watch.hasFailed(1)
    await watch.tells('token-refresh.failed', () => watch.daemon.start())
    stages.push((await watch.daemon.check())[0]?.stage)
    for (const [failures, message] of [
      [2, 'token-refresh.failed'],
      [6, 'token-refresh.failed'],
      [9, 'token-refresh.given-up'],
    ] as const) {
      stage.current = 'refresh-0'
      watch.hasFailed(failures)
      await watch.tells(message, () => watch.daemon.wakeUp())
      stages.push((await watch.daemon.check())[0]?.stage)
    }
    deepEqual(stages, [undefined, 3, 7, 10])
    match((await watch.told()).join(), /failed 10 times \(HTTP 500\); it is good until .*/)
    const { daemonRunning, refreshFailures, persistedFailures, maxFailures } = watch.daemon.status()
    deepEqual([daemonRunning, refreshFailures, persistedFailures, maxFailures], ['stopped', 4, 10, 10])
    stage.meanwhile = (_, answer) => answer()
    stage.current = 'another'
    stage.writes({ accessToken: 'new', refreshToken: 'another', expiresAt: Date.now() + hourMs })
    equal(watch.daemon.status().daemonRunning, 'running', 'the file has changed')
    await watch.tells('token-refresh.success', () => watch.daemon.wakeUp())
    match((await watch.told()).join(), /^ok login\.claude\.default : Claude's login \(default\) is renewed in time/)
  })

  test('a login that was taken back is told at once, with what to do, and not tried again', async () => {
    await using stage = await TokenStage.open()
    using watch = new Watch(stage)
    stage.current = 'used by somebody else'
    await watch.tells('token-refresh.given-up', () => watch.daemon.start())
    const [found] = await watch.daemon.check()
    match(`${found?.text} ${found?.mend}`, /taken back, or used somewhere else.*invalid_grant.*CLAUDE_CONFIG_DIR=/)
    equal(stage.spent.length, 1)
  })

  test("takes the seed's record over once; what nobody can read is said, and begun anew", async () => {
    await using stage = await TokenStage.open()
    using watch = new Watch(stage)
    stage.meanwhile = (answered) => answered.writeHead(503).end('')
    mkdirSync(dirname(watch.earlier), { recursive: true })
    writeFileSync(watch.earlier, JSON.stringify({ failures: 9 }))
    await watch.tells('token-refresh.given-up', () => watch.daemon.start())
    equal(watch.daemon.status().persistedFailures, 10)
    writeFileSync(stage.record, '{"version":1,"log')
    stage.current = 'refresh-0'
    await watch.tells('token-refresh.failed', () => watch.daemon.wakeUp())
    deepEqual(
      watch.logged.map(({ message }) => message).filter((each) => each.startsWith('state') || each.endsWith('over')),
      ['token-refresh.taken-over', 'state.read-corrupt'],
    )
    equal(watch.daemon.status().persistedFailures, 1)
    equal(JSON.parse(readFileSync(stage.record, 'utf8')) !== null, true)
  })

  test('renews and looks again where its record cannot be written', async () => {
    await using stage = await TokenStage.open()
    using watch = new Watch(stage)
    mkdirSync(join(stage.record, 'in the way'), { recursive: true })
    await watch.tells('token-refresh.success', () => watch.daemon.start())
    equal(stage.login().accessToken, 'access-1')
  })

  test('with a key there is nothing to renew; refusals are counted, and a login that can be renewed is tried again', async () => {
    await using stage = await TokenStage.open()
    using keyed = new Watch(stage, { kind: 'claude-key', upstream: '', key: 'sk-ant-api-1' })
    await keyed.tells('token-refresh.dormant', () => keyed.daemon.start())
    deepEqual([keyed.daemon.status().daemonRunning, keyed.daemon.failed(claude, usual)], ['dormant', false])
    equal(existsSync(stage.record), false)

    using watch = new Watch(stage)
    equal(watch.daemon.failed(claude, usual), true)
    match(
      (await watch.told()).join(),
      /error login\.refused\.claude:default : The login of claude, account default was not taken/,
    )
    watch.daemon.served(claude, usual)
    match((await watch.told()).join(), /ok login\.refused\.claude:default : .* is taken again/)
    equal(watch.daemon.status().authFailuresTotal, 1)
  })

  test('with too little room where a login lies, that is said once', async () => {
    await using stage = await TokenStage.open()
    stage.writes({ accessToken: 'access-0', refreshToken: 'refresh-0', expiresAt: Date.now() + 5 * hourMs })
    using watch = new Watch(stage, undefined, 50 * 1024 * 1024)
    await watch.tells('token.persist-disk-low', () => watch.daemon.start())
    match((await watch.told()).join(), /warning token\.persist-disk-low : Less than 100 MB/)
  })
})
