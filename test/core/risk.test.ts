import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { risksOfCommand } from '../../src/core/risk.ts'
import { fc } from '../random.ts'

const network = ['network']
const push = ['network', 'push']

describe('what a command reaches', () => {
  const table: readonly (readonly [string, readonly string[]])[] = [
    ['npm test', []],
    ['ls -la && cat README.md', []],
    ['rm -rf build', []],
    ['git commit -m "push the ssh keys to curl"', []],
    ['git status; git log --oneline', []],
    ['grep -rn curl src', []],
    ['cat docs/ssh.md | sort', []],
    ['node build.js', []],
    ['', []],
    ['curl -s example.org', network],
    ['/usr/bin/curl example.org', network],
    ['"curl" example.org', network],
    ['c\\url example.org', network],
    ['sudo curl example.org', network],
    ['sudo -u bob -E curl example.org', network],
    ['TOKEN=x A=b wget -q example.org', network],
    ['env -i A=1 wget example.org', network],
    ['cd /tmp && wget example.org', network],
    ['(cd x; scp a host:b)', network],
    ['echo $(curl example.org)', network],
    ['echo "now: $(date; ssh host uptime)"', network],
    ['echo `nc -l 80`', network],
    ['diff <(curl a) b', network],
    ["bash -c 'cd x && curl example.org'", network],
    ['sh -lc "git push"', push],
    ['if true; then curl x; fi', network],
    ['find . -name x -exec curl {} +', network],
    ['ls | xargs -n1 curl', network],
    ['timeout 10 git fetch origin', network],
    ['node fetch.js https://example.org/a', network],
    ['exec 3<>/dev/tcp/1.2.3.4/80', network],
    ['git clone git@example.org:a/b', network],
    ['git -C sub pull --rebase', network],
    ['git push --force', push],
    ['git -c x=y push origin main', push],
    ['npm ci', network],
    ['npm install left-pad', network],
    ['npm publish --access public', push],
    ['npm run build', []],
    ['yarn', network],
    ['pnpm add x', network],
    ['pip install -r requirements.txt', network],
    ['python3 -m pip install x', network],
    ['python3 -m pytest', []],
    ['gh pr view 7', network],
    ['gh pr create --fill', push],
    ['docker build . && docker push me/it', push],
    ['docker ps', []],
    ['cargo test', []],
    ['cargo publish', push],
    ['nohup ssh -R 80:localhost:80 host &', network],
    ['"unclosed curl', []],
    ['$(', []],
  ]
  for (const [command, risks] of table)
    test(JSON.stringify(command), () => assert.deepEqual(risksOfCommand(command), risks))

  const frames: readonly ((command: string) => string)[] = [
    (command) => `sudo ${command}`,
    (command) => `A=1 B='2 3' ${command}`,
    (command) => `true && ${command}`,
    (command) => `false || ${command} | tee log`,
    (command) => `(cd x; ${command})`,
    (command) => `echo "$(${command})"`,
    (command) => `for f in *; do ${command}; done`,
    (command) => `${command} > /dev/null 2>&1 &`,
    (command) => `echo a\n${command}`,
  ]
  test('stays the same however it is wrapped', () => {
    const risky = table.filter(([command, risks]) => risks.length > 0 && !/["'`\\]/.test(command))
    fc.assert(
      fc.property(
        fc.constantFrom(...risky),
        fc.array(fc.constantFrom(...frames), { maxLength: 3 }),
        ([command, risks], around) => {
          const wrapped = around.reduce((inner, frame) => frame(inner), command)
          for (const risk of risks) assert.ok((risksOfCommand(wrapped) as string[]).includes(risk), wrapped)
        },
      ),
    )
  })

  test('whatever the text is, there is an answer, and a push is on the network', () => {
    const bits = fc.constantFrom(
      'curl',
      'git',
      'push',
      ' ',
      '"',
      "'",
      '`',
      '$(',
      ')',
      '(',
      '\\',
      '&&',
      'sudo',
      'sh -c ',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(bits, { maxLength: 40 }).map((each) => each.join('')),
        ),
        (text) => {
          const risks = risksOfCommand(text)
          assert.ok(!risks.includes('push') || risks.includes('network'))
        },
      ),
    )
  })

  test('a long text is read in time that grows with it: by its square, this would not end before the run does', () => {
    for (const part of ['$(', 'sudo ', '"$(`', 'a;']) assert.ok(Array.isArray(risksOfCommand(part.repeat(400_000))))
  })
})
