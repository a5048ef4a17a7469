import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** A package as it stands in our own node_modules. */
interface Installed {
  readonly folder: string
  readonly manifest: { readonly name: string; readonly version: string }
}

interface RegistryOptions {
  readonly development: boolean
  readonly tarball?: string
}

/** A registry for npm on loopback. */
export interface Registry extends AsyncDisposable {
  readonly url: string
}

/**
 * Serves what is installed here, for production or for development as well, so that npm can install our package for real where there is no
 * network. The tarballs are made of the folders when they are asked for. `tarball`: our own package, packed, as if it were published.
 */
export async function openRegistry({ development, tarball }: RegistryOptions): Promise<Registry> {
  const packages = [...installed(development), ...(tarball === undefined ? [] : [ourOwn()])]
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1)
    const [name = '', version] = path.split('/-/')
    const found = packages.filter(({ manifest }) => manifest.name === name)
    const asked = found.find(({ manifest }) => manifest.version === version)
    if (asked?.folder === root && tarball !== undefined) {
      createReadStream(tarball).pipe(response)
      return
    }
    if (asked !== undefined) {
      const tar = spawn('tar', [
        '-czf',
        '-',
        '--exclude',
        'node_modules',
        '-C',
        dirname(asked.folder),
        basename(asked.folder),
      ])
      tar.stdout.pipe(response)
      return
    }
    response.writeHead(found.length > 0 && version === undefined ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(packument(url, name, found)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** What a registry says of a package (npm's own name for it). */
function packument(url: string, name: string, found: readonly Installed[]): object {
  const versions = found.map(({ manifest }) => [
    manifest.version,
    { ...manifest, dist: { tarball: `${url}/${name}/-/${manifest.version}` } },
  ])
  return { name, 'dist-tags': { latest: found[0]?.manifest.version }, versions: Object.fromEntries(versions) }
}

/** Several versions of a package may stand in different folders. */
function installed(development: boolean): readonly Installed[] {
  const lock = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>
  }
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => (development || dev !== true) && existsSync(join(root, path)))
    .map(([path]) => {
      const folder = join(root, path)
      return {
        folder,
        manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Installed['manifest'],
      }
    })
}

function ourOwn(): Installed {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>
  // A registry tells nothing of it, and here there is no workspace.
  const { devDependencies: _, workspaces: __, scripts: ___, ...published } = manifest
  return { folder: root, manifest: published as unknown as Installed['manifest'] }
}
