import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hindrance, reasonOf } from '../../src/confinement/probe.ts'

const both = { bubblewrap: '/usr/bin/bwrap', socat: '/usr/bin/socat' }

test('what needs no trial: another system, root, a program that is missing', () => {
  assert.equal(hindrance('linux', 1000, both), null)
  assert.match(hindrance('win32', undefined, both) ?? '', /Linux and macOS only/)
  assert.equal(hindrance('darwin', 501, { 'sandbox-exec': '/usr/bin/sandbox-exec' }), null)
  assert.match(hindrance('darwin', 0, { 'sandbox-exec': '/usr/bin/sandbox-exec' }) ?? '', /as root/)
  assert.match(hindrance('darwin', 501, { 'sandbox-exec': null }) ?? '', /sandbox-exec was not found.*part of macOS/)
  assert.match(hindrance('linux', 0, both) ?? '', /as root.*user of its own/)
  assert.match(hindrance('linux', 1000, { ...both, bubblewrap: null }) ?? '', /apt-get install bubblewrap$/)
  assert.match(
    hindrance('linux', 1000, { bubblewrap: null, socat: null }) ?? '',
    /bubblewrap and socat are not installed.*apt-get install bubblewrap socat$/,
  )
})

test('every refusal that was observed is told with what to do', () => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['bwrap: setting up uid map: Permission denied', /apparmor\.d/],
    ["bwrap: Can't mount proc on /newroot/proc: Operation not permitted", /systempaths=unconfined/],
    [
      'bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)',
      /user\.max_user_namespaces/,
    ],
    [
      'bwrap: No permissions to create a new namespace, likely because the kernel does not allow non-privileged user namespaces.',
      /unprivileged_userns_clone=1/,
    ],
    ['bwrap: Unknown option --disable-userns', /too old/],
    ['bwrap: something new', /could not make a box: bwrap: something new/],
    ['', /exit code 1/],
  ]
  for (const [stderr, expected] of table) assert.match(reasonOf({ code: 1, stderr }) ?? '', expected)
  assert.equal(reasonOf({ code: 0, stderr: 'a warning' }), null)
})
