import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A registry on loopback with one package, `tiny`. */
interface Registry {
  readonly port: number
  /** Paths that it was asked for, in order. */
  readonly asked: readonly string[]
  close(): void
}

/** A tool that builds fetch packages with. */
interface PackageTool {
  readonly name: string
  /** Whether the system's own programs, which every box has, include it. */
  readonly isHere: () => boolean
  readonly open: () => Promise<Registry>
  /** A command that installs `tiny` from there into the folder it runs in, and prints `<name> is tiny and well`. */
  readonly build: (from: string) => string
}

export const packageTools: readonly PackageTool[] = [
  {
    name: 'npm',
    isHere: () => true,
    open: openNpm,
    build: (from) =>
      `echo '{}' > package.json; npm install --no-audit --no-fund --fetch-retries=0 --registry ${from} tiny > out.txt 2>&1; node -p "'npm is ' + require('tiny')"; tail -5 out.txt`,
  },
  {
    name: 'pip',
    isHere: () => spawnSync('/usr/bin/python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0,
    open: openPip,
    build: (from) =>
      `/usr/bin/python3 -m pip install --disable-pip-version-check --no-deps --no-compile --retries 0 --trusted-host packages.example --index-url ${from}/simple --target . tiny > out.txt 2>&1; /usr/bin/python3 -c 'import tiny; print("pip is", tiny.word)'; tail -5 out.txt`,
  },
  {
    name: 'cargo',
    isHere: () => spawnSync('/usr/bin/cargo', ['--version'], { stdio: 'ignore' }).status === 0,
    open: openCargo,
    // Debian's, of 2022, has registries without git behind a flag; a newer one takes the flag for nothing.
    build: (from) =>
      `mkdir src .cargo; printf 'fn main() { println!("cargo is {}", tiny::WORD); }' > src/main.rs; printf '[package]\\nname = "it"\\nversion = "1.0.0"\\n[dependencies]\\ntiny = "1"\\n' > Cargo.toml; printf '[source.crates-io]\\nreplace-with = "here"\\n[source.here]\\nregistry = "sparse+${from}/index/"\\n[net]\\nretry = 0\\n' > .cargo/config.toml; RUSTC_BOOTSTRAP=1 /usr/bin/cargo run -Z sparse-registry > out.txt 2>&1; tail -5 out.txt`,
  },
  {
    name: 'golang',
    isHere: () => spawnSync('/usr/bin/go', ['version'], { stdio: 'ignore' }).status === 0,
    open: openGo,
    build: (from) =>
      `printf 'module it\\nrequire example.com/tiny v1.0.0\\n' > go.mod; printf 'package main\\nimport ("fmt"; "example.com/tiny")\\nfunc main() { fmt.Println("golang is", tiny.Word) }' > main.go; GOPROXY=${from} GOSUMDB=off GOFLAGS=-mod=mod /usr/bin/go run . > out.txt 2>&1; tail -5 out.txt`,
  },
]

async function openNpm(): Promise<Registry> {
  const about = { name: 'tiny', version: '1.0.0', main: 'index.js' }
  const files = { 'package.json': JSON.stringify(about), 'index.js': "module.exports = 'tiny and well'" }
  const packed = packedBy('tar -czf out package', files, 'package')
  return serve(({ url, headers: { host } }) => {
    if (url?.endsWith('.tgz') === true) return [packed, 'application/octet-stream']
    const versions = { '1.0.0': { ...about, dist: { tarball: `http://${host}/tiny/-/tiny-1.0.0.tgz` } } }
    return [JSON.stringify({ name: 'tiny', 'dist-tags': { latest: '1.0.0' }, versions }), 'application/json']
  })
}

async function openPip(): Promise<Registry> {
  const info = 'tiny-1.0.0.dist-info'
  const files = {
    'tiny.py': "word = 'tiny and well'\n",
    [`${info}/METADATA`]: 'Metadata-Version: 2.1\nName: tiny\nVersion: 1.0.0\n',
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/RECORD`]: `tiny.py,,\n${info}/METADATA,,\n${info}/WHEEL,,\n${info}/RECORD,,\n`,
  }
  const wheel = packedBy(`cd wheel && /usr/bin/python3 -m zipfile -c ../out tiny.py ${info}`, files, 'wheel')
  return serve(({ url }) =>
    url?.endsWith('.whl') === true
      ? [wheel, 'application/octet-stream']
      : ['<!DOCTYPE html><a href="/files/tiny-1.0.0-py3-none-any.whl">tiny</a>', 'text/html'],
  )
}

async function openCargo(): Promise<Registry> {
  const files = {
    'Cargo.toml': '[package]\nname = "tiny"\nversion = "1.0.0"\n',
    'src/lib.rs': 'pub const WORD: &str = "tiny and well";\n',
  }
  const crate = packedBy('tar -czf out tiny-1.0.0', files, 'tiny-1.0.0')
  const cksum = createHash('sha256').update(crate).digest('hex')
  const line = JSON.stringify({ name: 'tiny', vers: '1.0.0', deps: [], cksum, features: {}, yanked: false })
  return serve(({ url, headers: { host } }) => {
    if (url === '/index/config.json')
      return [JSON.stringify({ dl: `http://${host}/{crate}.crate` }), 'application/json']
    return url?.endsWith('.crate') === true ? [crate, 'application/octet-stream'] : [`${line}\n`, 'text/plain']
  })
}

async function openGo(): Promise<Registry> {
  const module = 'module example.com/tiny\n'
  const folder = 'example.com/tiny@v1.0.0'
  const files = { 'go.mod': module, 'tiny.go': 'package tiny\n\nconst Word = "tiny and well"\n' }
  // Go takes no entries of folders.
  const each = `for name in ('go.mod', 'tiny.go'): packed.write('${folder}/' + name)`
  const script = `import zipfile\nwith zipfile.ZipFile('out', 'w') as packed:\n  ${each}`
  const packed = packedBy(`/usr/bin/python3 -c "${script}"`, files, folder)
  return serve(({ url }) => {
    if (url?.endsWith('.zip') === true) return [packed, 'application/zip']
    return url?.endsWith('.mod') === true ? [module, 'text/plain'] : ['{"Version":"v1.0.0"}', 'application/json']
  })
}

/** What a command makes of files in a folder, as `out`. */
function packedBy(command: string, files: Readonly<Record<string, string>>, folder: string): Buffer {
  const root = mkdtempSync(join(tmpdir(), 'registry-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = join(root, folder, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
    const { status, stderr } = spawnSync('sh', ['-c', command], { cwd: root, encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    return readFileSync(join(root, 'out'))
  } finally {
    rmSync(root, { recursive: true })
  }
}

async function serve(answer: (request: IncomingMessage) => readonly [string | Buffer, string]): Promise<Registry> {
  const asked: string[] = []
  const server = createServer((request, answered) => {
    asked.push(request.url ?? '')
    const [body, type] = answer(request)
    answered.setHeader('content-type', type)
    answered.end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { port: (server.address() as AddressInfo).port, asked, close }
}
