import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const terminal = join(import.meta.dirname, '..', '..', 'src', 'cli', 'setup', 'terminal.ts')
const question = { text: 'Which one?', flag: '--one', usual: null }

// Ctrl+D, or a terminal that is closed: nobody can answer any more, and nothing else keeps the process.
for (const ask of [
  `choose(${JSON.stringify(question)}, [{ value: 'a', label: 'A' }, { value: 'b', label: 'B' }])`,
  `write(${JSON.stringify(question)})`,
  `writeSecret(${JSON.stringify(question)})`,
]) {
  test(`a question whose answer can never come ends with a sentence: ${ask.slice(0, ask.indexOf('('))}`, () => {
    const program = `import { person } from ${JSON.stringify(terminal)}
      await person.${ask}.catch((error) => { console.log('TOLD ' + error.message); process.exitCode = 78 })`
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      input: '',
      encoding: 'utf8',
    })
    assert.match(stdout, /TOLD Stopped\. /)
    assert.equal(status, 78)
  })
}
