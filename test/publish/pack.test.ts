import assert from 'node:assert/strict'
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { firstAnswer } from './first-answer.ts'
import { openRegistry } from './registry.ts'
import { run, RunningDemo, type RunOptions } from './run.ts'

const root = join(import.meta.dirname, '../..')
const base = mkdtempSync(join(tmpdir(), 'publish-'))
const folder = join(base, 'empty')
/** Where the sandbox is installed, without the product. */
const beside = join(base, 'beside')
after(() => rmSync(base, { recursive: true, force: true }))

/** Nothing of our settings, no real registry, no cache of the machine. */
function surroundings(registry: string, where = folder): RunOptions {
  const path = [dirname(process.execPath), ...(process.env['PATH'] ?? '').split(delimiter)].join(delimiter)
  const npm = {
    npm_config_registry: registry,
    npm_config_cache: join(base, 'cache'),
    npm_config_update_notifier: 'false',
  }
  return { folder: where, env: { PATH: path, HOME: base, OMC_DEMO_PORT: '0', ...npm } }
}

async function install(where: string, registry: string, ...what: readonly string[]): Promise<void> {
  mkdirSync(where)
  const options = ['--omit=dev', '--no-audit', '--no-fund']
  await run(['npm', 'install', ...what, ...options], surroundings(registry, where))
}

describe('the published package', () => {
  const inFolder = surroundings('http://127.0.0.1:1')
  /** Of the product. */
  let tarball = ''
  const program = join(folder, 'node_modules', '.bin', 'discord-orchestrator')

  before(async () => {
    // The sandbox is packed as it was built: as the product brings it.
    for (const what of ['.', './dist/sandbox'])
      await run(['npm', 'pack', what, '--pack-destination', base], { ...inFolder, folder: root })
    const tarballs = readdirSync(base).filter((name) => name.endsWith('.tgz'))
    const packed = (name: string) => join(base, tarballs.find((tarball) => tarball.startsWith(name)) ?? 'none')
    tarball = packed('discord-orchestrator')
    await using registry = await openRegistry({ development: false })
    await install(folder, registry.url, tarball)
    // The example of its README is a bot on discord.js.
    await using whole = await openRegistry({ development: true })
    await install(beside, whole.url, packed('loopback-discord'), 'discord.js')
  })

  it('brings what runs and nothing else', () => {
    const brought = readdirSync(join(folder, 'node_modules', 'discord-orchestrator'))
    for (const name of ['bin', 'dist', 'package.json', 'README.md', 'LICENSE']) assert.ok(brought.includes(name), name)
    for (const name of ['src', 'test', 'bench', 'node_modules']) assert.ok(!brought.includes(name), name)
  })

  it('takes 50 MB at the most, with all that it needs', () => {
    const below = readdirSync(join(folder, 'node_modules'), { recursive: true, withFileTypes: true })
    const sizes = below.map(({ parentPath, name }) => lstatSync(join(parentPath, name))).filter((each) => each.isFile())
    const bytes = sizes.reduce((sum, { size }) => sum + size, 0)
    assert.ok(bytes < 50 * 1024 * 1024, `${Math.round(bytes / 1024 / 1024)} MB`)
  })

  it('starts by npx in an empty folder, from a registry', async () => {
    await using registry = await openRegistry({ development: false, tarball })
    mkdirSync(join(base, 'nothing'))
    const inNothing = surroundings(registry.url, join(base, 'nothing'))
    const npx: readonly [string, ...string[]] = ['npx', '--yes', 'discord-orchestrator', '--version']
    assert.match(await run(npx, inNothing), /^\d+\.\d+\.\d+\n$/)
    assert.deepEqual(readdirSync(join(base, 'nothing')), [], 'and leaves nothing there')
  })

  it('answers on its page, through a kill of the bot, until Ctrl+C', async () => {
    await using demo = new RunningDemo([program, 'start'], inFolder)
    const url = await demo.url()
    assert.match(await (await fetch(url)).text(), /<!doctype html>/i)
    assert.equal((await fetch(`${url}/app.js`)).status, 200)
    await firstAnswer(url)
    assert.equal(await demo.end(), 0, demo.text)
  })

  it('gives other packages the sandbox', async () => {
    const script = `
      import { startSandbox } from 'discord-orchestrator/sandbox'
      const sandbox = await startSandbox()
      console.log(sandbox.guildId.length > 0)
      await sandbox.close()`
    writeFileSync(join(folder, 'try.mjs'), script)
    assert.equal(await run([process.execPath, 'try.mjs'], inFolder), 'true\n')
  })

  it('gives them the sandbox alone, too, as its README says', async () => {
    const inBeside = { ...inFolder, folder: beside }
    const readme = readFileSync(join(beside, 'node_modules/loopback-discord/README.md'), 'utf8')
    const [example = '', faults = ''] = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code)
    writeFileSync(join(beside, 'example.test.mjs'), example)
    const told = await run([process.execPath, '--test', '--test-reporter=tap', 'example.test.mjs'], inBeside)
    assert.match(told, /^# pass 1$/m)
    const script = `
      import { pageFolder, startSandbox } from 'loopback-discord'
      const sandbox = await startSandbox({ page: pageFolder })
      ${faults}
      console.log(sandbox.faults.list().length, (await fetch(sandbox.url)).status)
      await sandbox.close()`
    writeFileSync(join(beside, 'try.mjs'), script)
    // The third acts at once and does not stay.
    assert.equal(await run([process.execPath, 'try.mjs'], inBeside), '2 200\n')
  })

  it('is typed for them', async () => {
    writeFileSync(
      join(folder, 'try.mts'),
      `import { startSandbox, type Actor, type FaultAsked, type SeenMessage, type WorldDescription } from 'discord-orchestrator/sandbox'
const world: WorldDescription = { guild: { channels: ['general'], people: [{ name: 'ada' }] } }
const fault: FaultAsked = { kind: 'rest.error', status: 503, times: 1 }
const sandbox = await startSandbox({ world })
sandbox.faults.add(fault)
const ada: Actor = await sandbox.actor('ada')
const seen: SeenMessage = await ada.sees('general', /hello/)
// @ts-expect-error a number is no place
await ada.says(5, 'hello')
export const words: string = seen.content
`,
    )
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          module: 'nodenext',
          target: 'es2022',
          // The DOM for the types of hono.
          lib: ['es2024', 'ESNext.Disposable', 'DOM', 'DOM.Iterable'],
          types: ['node'],
          typeRoots: [join(root, 'node_modules', '@types')],
        },
        files: ['try.mts'],
      }),
    )
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    await run([process.execPath, tsc, '-p', '.'], inFolder)
  })
})
