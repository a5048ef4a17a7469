import { deepEqual } from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { authorityOf } from '../../src/core/egress.ts'
import { hostsOf } from '../../src/egress/host-lists.ts'
import { registriesOf } from '../../src/egress/registries.ts'

const written: Readonly<Record<string, string>> = {
  'home/.npmrc': [
    'registry=https://npm.mirror.example/',
    '@corp:registry = https://npm.corp.example:8443/a/',
    '//npm.corp.example:8443/:_authToken=secret',
    '; registry=https://commented.example/',
    'proxy=http://proxy.example:3128',
    'fund=false',
  ].join('\n'),
  'home/.config/pip/pip.conf':
    '[global]\nindex-url = https://pip.mirror.example/simple\n# extra-index-url = https://no.example\n',
  'home/.cargo/config.toml':
    '[source.crates-io]\nreplace-with = "m"\n[source.m]\nregistry = "sparse+https://cargo.mirror.example/index/"\n',
  'home/.config/go/env': 'GOPROXY=https://go.mirror.example,https://go2.mirror.example|direct\nGOFLAGS=-mod=mod\n',
  'home/.m2/settings.xml':
    '<settings><mirrors><mirror>\n<url>https://maven.mirror.example/repo</url>\n</mirror></mirrors></settings>',
  'etc/apt/sources.list': 'deb http://apt.mirror.example/debian stable main\n# deb http://old.example/ x\n',
  'etc/apt/sources.list.d/more.sources': 'Types: deb\nURIs: https://deb822.mirror.example/debian\nSuites: stable\n',
}

test('packages stands for what the operator’s own tools are set to, and for nothing else', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'registries-'))
  t.after(() => rmSync(root, { recursive: true }))
  const home = join(root, 'home')
  mkdirSync(home)
  deepEqual(registriesOf(home, {}, root), [])
  for (const [name, content] of Object.entries(written)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), content)
  }
  const environment = { PIP_EXTRA_INDEX_URL: 'https://env.mirror.example/simple', HTTPS_PROXY: 'http://p.example:1' }
  const found = registriesOf(home, environment, root)
  deepEqual(found.map(authorityOf).sort(), [
    'apt.mirror.example:80',
    'cargo.mirror.example:443',
    'deb822.mirror.example:443',
    'env.mirror.example:443',
    'go.mirror.example:443',
    'go2.mirror.example:443',
    'maven.mirror.example:443',
    'npm.corp.example:8443',
    'npm.mirror.example:443',
    'pip.mirror.example:443',
  ])
})

test('a tool that can tell what it is set to is asked, and one that fails says nothing', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'registries-'))
  t.after(() => rmSync(root, { recursive: true }))
  const npm = '#!/bin/sh\n[ "$*" = "config get registry" ] && [ "$HOME" = "$PWD" ] && echo https://built-in.example/\n'
  writeFileSync(join(root, 'npm'), npm, { mode: 0o755 })
  writeFileSync(join(root, 'go'), '#!/bin/sh\necho https://half.example\nexit 1\n', { mode: 0o755 })
  const found = registriesOf(realpathSync(root), { PATH: `${root}:/bin` }, root)
  deepEqual(found.map(authorityOf), ['built-in.example:443'])
})

test('an operator’s list is hosts, with a port or without, everything below a name, and packages', () => {
  const registries = () => [{ host: 'npm.mirror.example', port: 443 }]
  const list = ['Docs.example', 'git.example:22', '*.cdn.example', 'packages', 'no host', '']
  deepEqual(hostsOf(list, registries), [
    { host: 'docs.example', port: 443 },
    { host: 'git.example', port: 22 },
    { host: '*.cdn.example', port: 443 },
    { host: 'npm.mirror.example', port: 443 },
  ])
})
