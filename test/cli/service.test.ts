import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { hostname, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import {
  installService,
  serviceKinds,
  statusOfService,
  textOfService,
  uninstallService,
  type ServiceOptions,
} from '../../src/cli/service/service.ts'
import { nobody } from '../../src/cli/setup/interviewer.ts'
import { uninstall } from '../../src/cli/uninstall.ts'
import { roleOf, type ServicePlace } from '../../src/cli/service/kind.ts'
import { loadConfig } from '../../src/config/load.ts'
import { Problem } from '../../src/core/failure.ts'
import { startTimeOf } from '../../src/system/process.ts'

const root = join(import.meta.dirname, '../..')
const base = realpathSync(mkdtempSync(join(tmpdir(), 'service-')))
after(() => rmSync(base, { recursive: true, force: true }))

/** Signs that mean something to one or another of them. */
const odd = 'a %h folder, $HOME & "more <b> \\'

/** A machine on which the programs that keep others running write down what they are told. */
class Machine {
  readonly folder: string
  readonly said: string[] = []
  readonly #log: string

  constructor(name: string) {
    this.folder = join(base, name)
    this.#log = join(this.folder, 'told')
    mkdirSync(join(this.folder, 'bin'), { recursive: true })
    writeFileSync(this.#log, '')
    for (const program of ['systemctl', 'loginctl', 'launchctl', 'pm2']) this.answers(program, 0)
  }

  /** Where a program says no, it says why. */
  answers(program: string, code: number): void {
    const text = `#!/bin/sh\necho "${program} $*" >> '${this.#log}'\n[ ${code} = 0 ] || { echo 'it will not' >&2; exit ${code}; }\n`
    writeFileSync(join(this.folder, 'bin', program), text, { mode: 0o755 })
  }

  options(kind: string, token: string | null = 'some.token'): ServiceOptions {
    const environment = { PATH: `${join(this.folder, 'bin')}:/usr/bin:/bin` }
    const env = { ...environment, ...(token === null ? {} : { DISCORD_BOT_TOKEN: token }) }
    const config = loadConfig({ env, folder: this.folder, home: this.folder })
    return {
      config,
      environment,
      folder: this.folder,
      kind,
      name: `test-${process.pid}`,
      say: (line) => this.said.push(line),
    }
  }

  get told(): readonly string[] {
    return readFileSync(this.#log, 'utf8').split('\n').filter(Boolean)
  }
}

async function refusal(work: Promise<unknown>): Promise<string> {
  let sentence = ''
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof Problem, String(error))
    sentence = error.message
    return true
  })
  return sentence
}

describe('service', () => {
  it('is installed, again, looked at and taken away; what is not ours stays', async () => {
    const machine = new Machine('whole')
    const options = machine.options('pm2')
    assert.equal(await statusOfService(options), 3)
    await installService(options)
    const file = join(machine.folder, 'pm2.config.cjs')
    const { apps } = createRequire(import.meta.url)(file) as {
      readonly apps: readonly Readonly<Record<string, unknown>>[]
    }
    assert.equal(apps[0]?.['treekill'], false)
    assert.deepEqual(apps[0]['stop_exit_codes'], [78])
    assert.equal(apps[0]['cwd'], machine.folder)
    assert.ok(existsSync(String(apps[0]['script'])) && existsSync(String(apps[0]['interpreter'])))
    assert.deepEqual(machine.told, [`pm2 startOrRestart ${file} --update-env`, 'pm2 save'])

    // It runs by it: a second time is a restart, and no other bot in the way.
    const holder = { pid: process.pid, born: await startTimeOf(process.pid), host: hostname() }
    mkdirSync(options.config.dataFolder, { recursive: true })
    writeFileSync(join(options.config.dataFolder, 'lock.json'), JSON.stringify(holder))
    await installService(options)
    assert.equal(await statusOfService(options), 0)
    assert.match(machine.said.join('\n'), /Installed by PM2: .*\n.*\n?A bot runs on .* \(pid \d+\)/)
    writeFileSync(file, `${readFileSync(file, 'utf8')}\n`)
    await statusOfService(options)
    assert.match(machine.said.join('\n'), /not as it would be now: `service install` writes/)

    await uninstallService(options)
    assert.ok(!existsSync(file))
    assert.match(await refusal(installService(options)), /A bot \(pid \d+\) runs already\. End it first/)
    rmSync(join(options.config.dataFolder, 'lock.json'))
    writeFileSync(file, 'module.exports = {}')
    assert.match(await refusal(installService(options)), /is there and is not ours/)
    assert.match(await refusal(uninstallService(options)), /is there and is not ours/)
    assert.equal(readFileSync(file, 'utf8'), 'module.exports = {}')
  })

  it('says what is in the way, and what to do', async () => {
    const machine = new Machine('mistakes')
    assert.match(
      await refusal(installService(machine.options('pm2', null))),
      /no DISCORD_BOT_TOKEN in \.env yet\. Run `setup` first/,
    )
    assert.match(await refusal(installService(machine.options('upstart'))), /--kind upstart: there are systemd \(.*pm2/)
    assert.match(await refusal(installService({ ...machine.options('pm2'), name: '../x' })), /--name \.\.\/x: letters/)
    assert.match(
      await refusal(installService({ ...machine.options('pm2'), user: 'nobody-here' })),
      /no user nobody-here/,
    )
    assert.match(await refusal(installService({ ...machine.options('pm2'), folder: 'a\nb' })), /line break/)
    machine.answers('pm2', 1)
    assert.match(
      await refusal(installService(machine.options('pm2'))),
      /`pm2 startOrRestart .*` failed: it will not\. Then run this again/,
    )
    machine.answers('pm2', 0)
    await installService(machine.options('pm2'))
    const isRoot = process.getuid?.() === 0
    const asked = refusal(installService(machine.options('systemd-system')))
    assert.match(await asked, isRoot ? /Name the user it runs as with --user/ : /Only root may do that/)
  })

  it('is one for a machine, too, and stays that when it is installed again', async () => {
    const machine = new Machine('machine')
    const bare = machine.options('pm2', null)
    assert.match(
      await refusal(installService({ ...bare, role: 'worker' })),
      /no OMC_DATABASE_URL and no OMC_WORKER_ID in \.env yet\. docs\/MANY-MACHINES/,
    )
    assert.match(
      await refusal(installService({ ...machine.options('pm2'), role: 'control' })),
      /no OMC_DATABASE_URL in \.env/,
    )
    const config = { ...bare.config, databaseUrl: 'postgres://bot@db.example.com/team', workerId: 'w1' }
    const options = { ...bare, config }
    await installService({ ...options, role: 'worker' })
    await installService(options)
    await statusOfService(options)
    assert.doesNotMatch(machine.said.join('\n'), /not as it would be now/, 'it is as it was')
    assert.match(readFileSync(join(machine.folder, 'pm2.config.cjs'), 'utf8'), /"args": "start --role worker"/)
    assert.doesNotMatch(textOfService({ ...options, role: 'all' }), /--role/)
    for (const { name } of serviceKinds)
      for (const role of ['all', 'control', 'worker'] as const)
        assert.equal(roleOf(textOfService({ ...options, kind: name, role })), role, `${name} ${role}`)
    assert.match(textOfService({ ...options, kind: 'systemd', role: 'worker' }), /"start" "--role" "worker"$/m)
  })

  it('goes with the whole bot; its data only where that is named, and never what is not its own', async () => {
    const machine = new Machine('leaving')
    const options = { ...machine.options('pm2'), interviewer: nobody, yes: true, data: false }
    const { dataFolder } = options.config
    await installService(options)
    mkdirSync(dataFolder, { recursive: true })
    assert.match(await refusal(uninstall({ ...options, yes: false })), /keep .*data\? Say it with --yes/)
    assert.match(
      await refusal(uninstall({ ...options, data: true })),
      /has no orchestrator\.sqlite, so it is not removed/,
    )
    assert.ok(existsSync(join(machine.folder, 'pm2.config.cjs')), 'nothing was done yet')
    writeFileSync(join(dataFolder, 'orchestrator.sqlite'), '')
    await uninstall(options)
    assert.ok(!existsSync(join(machine.folder, 'pm2.config.cjs')))
    assert.ok(existsSync(join(dataFolder, 'orchestrator.sqlite')))
    await uninstall({ ...options, data: true })
    assert.ok(!existsSync(dataFolder))
  })

  it('says of a database elsewhere that it stays, and removes nothing while a bot holds the folder', async () => {
    const machine = new Machine('elsewhere')
    const given = machine.options('pm2')
    const config = { ...given.config, databaseUrl: 'postgres://bot:hidden-word@db.example.com/team' }
    const options = { ...given, config, interviewer: nobody, yes: true, data: true }
    const { dataFolder } = config
    mkdirSync(dataFolder, { recursive: true })
    assert.match(await refusal(uninstall(options)), /has no lock\.sqlite, so it is not removed/)
    const word = join(dataFolder, 'transcripts')
    writeFileSync(word, 'x')
    const ended = new DatabaseSync(join(dataFolder, 'lock.sqlite'))
    ended.exec('begin exclusive')
    const mine = { pid: process.pid, born: await startTimeOf(process.pid), host: 'another', database: null }
    writeFileSync(join(dataFolder, 'lock.json'), JSON.stringify(mine))
    await assert.rejects(uninstall(options))
    assert.ok(existsSync(word))
    ended.close()
    rmSync(join(dataFolder, 'lock.json'))
    await uninstall(options)
    assert.ok(!existsSync(dataFolder))
    const said = machine.said.join('\n')
    assert.match(said, /The PostgreSQL database of OMC_DATABASE_URL stays/)
    assert.doesNotMatch(said, /hidden-word/)
  })

  it('removes no data folder that holds more than its data: a project, its settings, a home', async () => {
    const machine = new Machine('wide')
    const options = { ...machine.options('pm2'), interviewer: nobody, yes: true, data: true }
    writeFileSync(join(machine.folder, 'orchestrator.sqlite'), '')
    symlinkSync(machine.folder, join(base, 'another way'))
    for (const dataFolder of [machine.folder, join(base, 'another way')]) {
      const config = { ...options.config, dataFolder }
      assert.match(await refusal(uninstall({ ...options, config })), /holds .*wide as well, so it is not removed/)
    }
    assert.ok(existsSync(join(machine.folder, 'orchestrator.sqlite')))

    // A disk that others use as well: whatever the bot has not made stays, and everything with it.
    const dataFolder = join(machine.folder, 'disk')
    mkdirSync(join(dataFolder, 'photos'), { recursive: true })
    writeFileSync(join(dataFolder, 'orchestrator.sqlite'), '')
    const config = { ...options.config, dataFolder }
    assert.match(await refusal(uninstall({ ...options, config })), /disk holds photos as well, so it is not removed/)
    rmSync(join(dataFolder, 'photos'), { recursive: true })
    for (const name of [
      'orchestrator.sqlite-wal',
      'database.id',
      'database.lead',
      'orchestrator.sqlite.v26-1.bak',
      'lock.json',
      'bot.log.1',
    ])
      writeFileSync(join(dataFolder, name), '')
    const logFile = { path: join(dataFolder, 'bot.log'), kept: 1 }
    await uninstall({ ...options, config: { ...config, logFile } })
    assert.ok(!existsSync(dataFolder))
  })

  it('tells each of them so that a restart leaves the agents at work', () => {
    const machine = new Machine('texts')
    const text = (kind: string): string => textOfService(machine.options(kind))
    for (const kind of ['systemd', 'systemd-system']) {
      for (const line of [
        /^KillMode=process$/m,
        /^RestartPreventExitStatus=78$/m,
        /^OOMPolicy=continue$/m,
        /^UMask=0077$/m,
      ])
        assert.match(text(kind), line)
    }
    assert.match(text('systemd-system'), new RegExp(`^User=${userInfo().username}$`, 'm'))
    assert.match(text('launchd'), /<key>AbandonProcessGroup<\/key>\s*<true\/>/)
    assert.match(text('pm2'), /"treekill": false/)
  })

  it('gives launchd a list that is well-formed, whatever a folder is called', () => {
    const told = textOf('launchd')
    const open: string[] = []
    for (const [, end, name = '', own] of told.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
      if (end === '/') assert.equal(open.pop(), name)
      else if (own !== '/') open.push(name)
    }
    assert.deepEqual(open, [])
    assert.doesNotMatch(told.replaceAll(/<!--.*?-->|<[^<>]+>/g, ''), /[<>]|&(?!amp;|lt;|gt;)/)
  })

  const verify = spawnSync('systemd-analyze', ['--version']).error === undefined
  it(
    'gives systemd a unit that it takes, whatever a folder is called',
    { skip: !verify && 'there is no systemd-analyze' },
    () => {
      for (const kind of ['systemd', 'systemd-system']) {
        const file = join(base, 'discord-orchestrator.service')
        writeFileSync(file, textOf(kind))
        const scope = kind === 'systemd' ? ['--user'] : []
        const told = spawnSync('systemd-analyze', ['verify', ...scope, '--man=no', file], {
          encoding: 'utf8',
          env: { PATH: process.env['PATH'] ?? '', HOME: base, XDG_RUNTIME_DIR: base },
        })
        const about = `${told.stdout}${told.stderr}`.split('\n').filter((line) => line.includes('discord-orchestrator'))
        // The unit is for whoever runs this, also where that is nobody.
        assert.deepEqual(
          about.filter((line) => !line.includes('Special user nobody')),
          [],
        )
      }
    },
  )

  it('is a file for PM2 in a checkout, as the seed has it', () => {
    const { apps } = createRequire(import.meta.url)(join(root, 'ecosystem.config.cjs')) as {
      readonly apps: readonly Readonly<Record<string, unknown>>[]
    }
    const [app] = apps
    assert.equal(app?.['treekill'], false)
    assert.deepEqual(app['stop_exit_codes'], [78])
    for (const name of ['script', 'interpreter', 'cwd']) assert.ok(existsSync(String(app[name])), String(app[name]))
  })
})

/** For a place with odd names. */
function textOf(kind: string): string {
  const folder = join(base, odd)
  mkdirSync(folder, { recursive: true })
  // That it is there and can be run is what systemd looks at; quotes and the like it takes in no program's name.
  const node = join(base, 'a %h folder')
  if (!existsSync(node)) symlinkSync(process.execPath, node)
  const place: ServicePlace = {
    name: 'discord-orchestrator',
    node,
    script: join(folder, 'bin', 'discord-orchestrator.js'),
    folder,
    data: join(folder, 'data'),
    command: ['start'],
    path: `${folder}/bin:/usr/bin`,
    home: folder,
    ...userInfoOf(),
    setuidBox: false,
  }
  return serviceKinds.find(({ name }) => name === kind)?.text(place) ?? ''
}

function userInfoOf(): Pick<ServicePlace, 'user' | 'uid'> {
  const { username: user, uid } = userInfo()
  return { user, uid }
}
