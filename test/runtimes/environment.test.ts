import assert from 'node:assert/strict'
import { test } from 'node:test'
import { environmentFor } from '../../src/runtimes/environment.ts'

test('a child sees what is allow-listed and what its account brings, and nothing else', () => {
  const own = {
    PATH: '/bin',
    HOME: '/home/me',
    LC_ALL: 'ko_KR.UTF-8',
    TZ: undefined,
    DISCORD_BOT_TOKEN: 'a',
    DATABASE_URL: 'b',
    HTTPS_PROXY: 'c',
    OAUTH_PROXY_URL: 'd',
    ANTHROPIC_API_KEY: 'e',
    NODE_OPTIONS: '--require /evil.js',
    LD_PRELOAD: 'f',
    OMC_DATA: 'of a bot that runs inside an agent',
  }
  assert.deepEqual(environmentFor(own, { ANTHROPIC_API_KEY: 'of the account', PATH: '/opt/bin' }, { PATH: '/last' }), {
    PATH: '/last',
    HOME: '/home/me',
    LC_ALL: 'ko_KR.UTF-8',
    ANTHROPIC_API_KEY: 'of the account',
  })
})
